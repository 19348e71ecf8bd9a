use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arean = "64KiB")]
static HEAP: BrkHeap;

fn main() {}
