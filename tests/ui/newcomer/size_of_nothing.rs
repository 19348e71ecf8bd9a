use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "")]
static HEAP: BrkHeap;

fn main() {}
