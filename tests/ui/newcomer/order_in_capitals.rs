use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(order = "LIFO")]
static HEAP: BrkHeap;

fn main() {}
