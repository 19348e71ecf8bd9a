use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(order = "size")]
static HEAP: BrkHeap;

fn main() {}
