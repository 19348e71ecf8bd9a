use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = 4 * 16)]
static HEAP: BrkHeap;

fn main() {}
