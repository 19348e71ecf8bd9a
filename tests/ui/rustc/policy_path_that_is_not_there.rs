use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = HalfFit)]
static HEAP: BrkHeap;

fn main() {}
