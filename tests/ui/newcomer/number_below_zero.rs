use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = -4096)]
static HEAP: BrkHeap;

fn main() {}
