use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(stats)]
static HEAP: BrkHeap;

fn main() {}
