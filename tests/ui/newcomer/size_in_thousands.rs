use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64,000B")]
static HEAP: BrkHeap;

fn main() {}
