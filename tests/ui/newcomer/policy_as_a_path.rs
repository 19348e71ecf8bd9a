use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = brkalloc::BestFit)]
static HEAP: BrkHeap;

fn main() {}
