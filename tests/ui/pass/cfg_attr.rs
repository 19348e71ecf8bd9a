//! The attribute behind a condition, and under a name that a condition chooses.

use brkalloc::{BrkHeap, brk_heap};

#[cfg_attr(all(), brk_heap(arena = "8KiB", policy = "best_fit"))]
static HEAP: BrkHeap;

#[cfg_attr(any(), brk_heap(arena = "8KiB"))]
#[cfg_attr(not(any()), brk_heap(arena = "16KiB"))]
#[cfg_attr(all(), global_allocator)]
static CHOSEN: BrkHeap;

fn main() {
    assert_eq!((HEAP.config().arena, CHOSEN.config().arena), (8 << 10, 16 << 10));
    assert!(!vec![1].is_empty());
}
