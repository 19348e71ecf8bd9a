use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(grow = false)]
static HEAP: BrkHeap;

fn main() {}
