use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(trim = "none")]
static HEAP: BrkHeap;

fn main() {}
