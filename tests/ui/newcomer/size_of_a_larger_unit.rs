use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "1PiB")]
static HEAP: BrkHeap;

fn main() {}
