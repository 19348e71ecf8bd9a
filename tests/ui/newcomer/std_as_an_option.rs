use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(std = false)]
static HEAP: BrkHeap;

fn main() {}
