use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(limit = " 0 ")]
static HEAP: BrkHeap;

fn main() {}
