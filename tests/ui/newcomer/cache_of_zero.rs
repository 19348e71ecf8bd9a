use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(cache = "0")]
static HEAP: BrkHeap;

fn main() {}
