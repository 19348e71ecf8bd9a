use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(lock = unsafe("none"))]
static HEAP: BrkHeap;

fn main() {}
