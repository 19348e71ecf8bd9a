use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "9000000TiB")]
static HEAP: BrkHeap;

fn main() {}
