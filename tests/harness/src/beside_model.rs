//! One heap beside the slow model: every operation goes to both, and both must answer alike.
//!
//! Blocks keep their patterns, and the heap checks itself after every operation. Who fails panics. This
//! module makes no operations.

use crate::Placed;
use crate::configurations::Configured;
use brkalloc_oracle::cases::{Case, Live, Operation};
use brkalloc_oracle::{Model, Setup};
use core::alloc::Layout;
use core::mem::MaybeUninit;

/// Runs a case over a heap of a configuration: where the case grows, over a window of its own, else over `memory`,
/// whose first byte is at a multiple of [`Case::BASE_ALIGNMENT`].
///
/// # Panics
///
/// If heap and model differ, or the heap is broken.
pub fn hold(case: &Case, configured: &dyn Configured, memory: &mut [MaybeUninit<u8>]) {
    let (policy, order, coalesce) = configured.choice();
    let setup = |base: usize| case.setup(policy, order, coalesce, base as u64);
    let is_full = configured.is_full();
    if let (Some(_), Some(limit)) = (case.grow, case.limit) {
        let heap = configured.growing(case.arena, limit).expect("there is room");
        let placed = Placed::in_window(&*heap);
        run(&placed, is_full, setup(placed.base), &case.operations);
    } else {
        let bytes = &mut memory[case.shift..case.shift + case.arena];
        let base = bytes.as_mut_ptr().expose_provenance();
        let heap = configured.over(bytes);
        run(&Placed::new(&*heap, base), is_full, setup(base), &case.operations);
    }
}

fn run(heap: &Placed<'_>, is_full: bool, setup: Setup, operations: &[Operation]) {
    // A record, behind what was asked for.
    let reserved = if is_full { 8 } else { 0 };
    let mut pair = Pair { heap, model: Model::new(setup), reserved, live: Live::new(), births: 0 };
    for &operation in operations {
        pair.apply(operation);
    }
    assert_eq!(heap.high_water(), pair.model.high_water(), "high-water marks");
}

/// A block that both heaps know.
struct Block {
    offset: u64,
    layout: Layout,
    pattern: u8,
}

/// One heap beside its model.
struct Pair<'a> {
    heap: &'a Placed<'a>,
    model: Model,
    /// Bytes of each block that are not its owner's.
    reserved: usize,
    live: Live<Block>,
    births: u8,
}

impl Pair<'_> {
    fn apply(&mut self, operation: Operation) {
        match operation {
            Operation::Allocate { size, align } => {
                let layout = Layout::from_size_align(size, align).expect("cases are sound");
                let offset = self.heap.allocate(layout);
                let expected = self.model.allocate(size.saturating_add(self.reserved), align);
                assert_eq!(offset, expected, "allocate {layout:?}");
                if let Some(offset) = offset {
                    self.births = self.births.wrapping_add(1);
                    let block = Block { offset, layout, pattern: self.births };
                    self.paint(&block);
                    self.live.push(block);
                }
            }
            Operation::Free { slot } => {
                if let Some(block) = self.live.take(slot) {
                    self.inspect(&block, block.layout.size());
                    self.heap.free(block.offset);
                    self.model.free(block.offset);
                }
            }
            Operation::Reallocate { slot, size } => {
                let Some(block) = self.live.take(slot) else { return };
                let Block { offset, layout, pattern } = block;
                let moved = self.heap.reallocate(offset, layout, size);
                let wanted = size.saturating_add(self.reserved);
                let expected = self.model.reallocate(offset, layout.align(), wanted);
                assert_eq!(moved, expected, "reallocate {layout:?} to {size}");
                let block = match moved {
                    Some(offset) => {
                        let resized = Layout::from_size_align(size, layout.align());
                        let layout = resized.expect("cases are sound");
                        Block { offset, layout, pattern }
                    }
                    None => block,
                };
                self.inspect(&block, layout.size().min(block.layout.size()));
                self.paint(&block);
                self.live.push(block);
            }
        }
        self.heap.check();
    }

    /// The block's bytes; of a large one, those at both ends.
    fn bytes(&self, block: &Block, size: usize) -> impl Iterator<Item = *mut u8> {
        let start = self.heap.block(block.offset).as_ptr();
        let ends = (0..size.min(64)).chain(size.saturating_sub(64)..size);
        ends.map(move |index| start.wrapping_add(index))
    }

    fn paint(&self, block: &Block) {
        for byte in self.bytes(block, block.layout.size()) {
            // SAFETY: the byte is one of the block's, which is in use.
            unsafe { byte.write(block.pattern) };
        }
    }

    /// The first `size` bytes are still those that were painted.
    fn inspect(&self, block: &Block, size: usize) {
        let painted = block.layout.size().max(size);
        for index in (0..size.min(64)).filter(|&index| index < painted) {
            // SAFETY: the byte is one of the block's, which is in use.
            let byte = unsafe { self.heap.block(block.offset).as_ptr().wrapping_add(index).read() };
            assert_eq!(byte, block.pattern, "byte {index} of the block at {}", block.offset);
        }
    }
}
