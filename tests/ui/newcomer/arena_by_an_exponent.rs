use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "1e2B")]
static HEAP: BrkHeap;

fn main() {}
