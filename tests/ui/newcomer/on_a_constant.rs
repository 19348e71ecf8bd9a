use brkalloc::{BrkHeap, brk_heap};

#[brk_heap]
const HEAP: BrkHeap;

fn main() {}
