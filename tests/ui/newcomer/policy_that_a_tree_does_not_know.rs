use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = HalfFit, index = "tree")]
static HEAP: BrkHeap;

fn main() {}
