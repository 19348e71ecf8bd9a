use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "KiB")]
static HEAP: BrkHeap;

fn main() {}
