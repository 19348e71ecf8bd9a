use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(grow = "0B")]
static HEAP: BrkHeap;

fn main() {}
