//! A program on C's `malloc` that opens a heap behind the break, and then uses both from four threads.
//!
//! What `malloc` gave before, below the break, must keep its bytes.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::hammer;
use brkalloc_harness::pattern::Block;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;

#[brk_heap(policy = "first_fit")]
static HEAP: BrkHeap;

fn main() {
    let mut below: Vec<_> = (1..=2000).map(below).collect();
    let layout = Layout::new::<u64>();
    // SAFETY: the layout has a size.
    let first = unsafe { HEAP.alloc(layout) };
    let is_below = |block: &&Block| block.place.addr().get() < first.addr();
    assert!(1900 < below.iter().filter(is_below).count(), "C's heap lies below the window");
    hammer::run(&HEAP);
    below.iter_mut().for_each(Block::verify);
    // SAFETY: the heap handed it out, at the start.
    unsafe { HEAP.dealloc(first, layout) };
    assert_eq!(HEAP.stats().in_use, 0);
    assert_eq!(HEAP.check(), Ok(()));
}

/// A block of C's main heap, patterned, that stays.
fn below(size: usize) -> Block {
    // SAFETY: the call has no precondition.
    let place = unsafe { libc::malloc(size) };
    let place = NonNull::new(place.cast()).expect("there is memory");
    let layout = Layout::from_size_align(size, 16).expect("sizes are small");
    let seed = size.to_le_bytes()[0];
    // SAFETY: the bytes were allocated just now, and are never freed.
    unsafe { Block::fill(place, layout, seed) }
}
