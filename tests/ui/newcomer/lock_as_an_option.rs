use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(lock = None)]
static HEAP: BrkHeap;

fn main() {}
