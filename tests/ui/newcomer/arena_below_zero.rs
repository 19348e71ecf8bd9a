use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = -1)]
static HEAP: BrkHeap;

fn main() {}
