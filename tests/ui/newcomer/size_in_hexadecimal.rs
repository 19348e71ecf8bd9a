use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "0x1000")]
static HEAP: BrkHeap;

fn main() {}
