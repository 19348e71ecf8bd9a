use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64")]
static HEAP: BrkHeap;

fn main() {}
