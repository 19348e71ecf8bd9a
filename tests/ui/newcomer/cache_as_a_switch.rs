use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(cache = true)]
static HEAP: BrkHeap;

fn main() {}
