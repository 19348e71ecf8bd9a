//! How much of a fixed heap is live when it refuses: talc's benchmark of heap efficiency, rebuilt from
//! its description.
//!
//! ```text
//!   of ten actions   five     allocate       4 bytes to below 10,000; small ones are more frequent
//!                    one      frees a random block
//!                    four     reallocate     a random block to 1..100,000 bytes
//!
//!   128 MiB   ├── live blocks ──┤ headers, padding, free chunks too small for the request ┤
//! ```
//!
//! The first request that the heap refuses ends the run. What counts are the bytes that were asked
//! for, so headers and padding are lost as free chunks are. Nothing is timed.

use crate::random::Random;
use crate::workloads::random_actions::Layouts;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;

/// Bytes of every heap.
pub const BYTES: usize = 128 << 20;

/// The largest size that is allocated, and how much more a reallocation asks for at most.
const MOST: (u32, u32) = (10_000, 10);

/// A block that the heap has handed out for this layout, and that nobody has freed.
type Live = (NonNull<u8>, Layout);

/// Fills the heap until it refuses; the bytes that are live then. They are not freed: the heap ends.
///
/// The heap is empty.
#[must_use]
pub fn fill(heap: &impl GlobalAlloc, seed: u64) -> usize {
    let mut random = Random::new(seed);
    let layouts = Layouts::new(&mut random, MOST.0, MOST.1);
    let mut blocks: Vec<Live> = Vec::new();
    loop {
        let granted = match random.below(10) {
            0..5 => {
                let (size, align) = layouts.allocated(&mut random);
                let layout = layout(size, align);
                // SAFETY: the size is not 0.
                let block = NonNull::new(unsafe { heap.alloc(layout) });
                block.map(|block| blocks.push((block, layout)))
            }
            // Nothing is live yet.
            _ if blocks.is_empty() => Some(()),
            5 => {
                let (block, layout) = blocks.swap_remove(random.below(blocks.len()));
                // SAFETY: the heap has handed the block out for this layout; now nobody has it.
                unsafe { heap.dealloc(block.as_ptr(), layout) };
                Some(())
            }
            _ => {
                let index = random.below(blocks.len());
                let (block, before) = blocks[index];
                let after = layout(layouts.resized(&mut random), before.align());
                // SAFETY: the heap has handed the block out for this layout; the new size is not 0
                // and makes a layout with its alignment.
                let block = unsafe { heap.realloc(block.as_ptr(), before, after.size()) };
                NonNull::new(block).map(|block| blocks[index] = (block, after))
            }
        };
        if granted.is_none() {
            return blocks.iter().map(|(_, layout)| layout.size()).sum();
        }
    }
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("small sizes are sound")
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;
    use std::alloc::System;

    /// The system's heap, which refuses once so many bytes are in use. It leaks them.
    struct Bounded(Cell<usize>);

    // SAFETY: the system's heap serves or nobody does.
    unsafe impl GlobalAlloc for Bounded {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let Some(room) = self.0.get().checked_sub(layout.size()) else {
                return core::ptr::null_mut();
            };
            self.0.set(room);
            // SAFETY: as our caller promises.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            self.0.set(self.0.get() + layout.size());
            // SAFETY: as our caller promises.
            unsafe { System.dealloc(block, layout) };
        }
    }

    #[test]
    fn a_heap_without_loss_is_full_but_for_less_than_a_request() {
        const ROOM: usize = 4 << 20;
        for seed in 1..=5 {
            let heap = Bounded(Cell::new(ROOM));
            let live = fill(&heap, seed);
            assert_eq!(live, ROOM - heap.0.get(), "what is live is in use");
            // A reallocation that moves needs both blocks at once.
            assert!(ROOM - 100_000 < live && live <= ROOM, "{live}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_requests() {
        let live = |seed| fill(&Bounded(Cell::new(1 << 20)), seed);
        assert_eq!(live(7), live(7));
        assert_ne!(live(7), live(8));
    }
}
