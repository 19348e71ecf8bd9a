use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(grow = "double")]
static HEAP: BrkHeap;

fn main() {}
