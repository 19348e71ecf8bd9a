use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = 65536usize)]
static HEAP: BrkHeap;

fn main() {}
