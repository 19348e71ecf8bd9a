use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = 64 * 1024)]
static HEAP: BrkHeap;

fn main() {}
