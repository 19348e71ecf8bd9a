use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = 1e6)]
static HEAP: BrkHeap;

fn main() {}
