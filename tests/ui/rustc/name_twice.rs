use brkalloc::{BrkHeap, brk_heap};

#[brk_heap]
static HEAP: BrkHeap;

#[brk_heap]
static HEAP: BrkHeap;

fn main() {}

// mistakes: 4
