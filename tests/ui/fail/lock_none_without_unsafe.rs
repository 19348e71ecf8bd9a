use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64KiB", lock = "none")]
static HEAP: BrkHeap;

fn main() {}
