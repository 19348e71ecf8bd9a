use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "lifo")]
static HEAP: BrkHeap;

fn main() {}
