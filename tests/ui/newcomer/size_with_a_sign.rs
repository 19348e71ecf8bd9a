use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "-4KiB")]
static HEAP: BrkHeap;

fn main() {}
