use brkalloc::{BrkHeap, brk_heap};

#[brk_heap]
static mut HEAP: BrkHeap = BrkHeap::new();

fn main() {}

// mistakes: 2
