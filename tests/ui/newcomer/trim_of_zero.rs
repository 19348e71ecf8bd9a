use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(trim = "0")]
static HEAP: BrkHeap;

fn main() {}
