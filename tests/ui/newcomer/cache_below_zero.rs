use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(cache = -1)]
static HEAP: BrkHeap;

fn main() {}
