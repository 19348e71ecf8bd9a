use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "1_000KiB")]
static HEAP: BrkHeap;

fn main() {}
