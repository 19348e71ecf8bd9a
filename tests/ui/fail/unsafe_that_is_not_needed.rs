use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(unsafe(lock = "os"))]
static HEAP: BrkHeap;

fn main() {}
