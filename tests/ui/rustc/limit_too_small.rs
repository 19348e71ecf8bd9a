use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(limit = 100)]
static HEAP: BrkHeap;

fn main() {}
