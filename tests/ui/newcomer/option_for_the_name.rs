use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(name = "HEAP")]
static HEAP: BrkHeap;

fn main() {}
