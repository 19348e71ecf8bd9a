use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64KB", polcy = "first_fit", order = "lfio", grow = 0)]
static mut HEAP: BrkHeap;

fn main() {}

// mistakes: 5
