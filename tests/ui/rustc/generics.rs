use brkalloc::{BrkHeap, brk_heap};

#[brk_heap]
static HEAP<T>: BrkHeap;

fn main() {}
