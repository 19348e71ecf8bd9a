use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(ARENA = "64KiB")]
static HEAP: BrkHeap;

fn main() {}
