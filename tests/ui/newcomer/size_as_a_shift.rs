use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = 1 << 20)]
static HEAP: BrkHeap;

fn main() {}
