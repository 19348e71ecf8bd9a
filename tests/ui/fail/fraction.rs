use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "1.5MiB")]
static HEAP: BrkHeap;

fn main() {}
