use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = FirstFit)]
static HEAP: BrkHeap;

fn main() {}
