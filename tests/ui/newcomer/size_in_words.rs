use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "2 megabytes")]
static HEAP: BrkHeap;

fn main() {}
