use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(lock = "mutex")]
static HEAP: BrkHeap;

fn main() {}
