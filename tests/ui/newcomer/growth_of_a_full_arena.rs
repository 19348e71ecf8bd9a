use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "1MiB", limit = "1MiB", grow = "64KiB")]
static HEAP: BrkHeap;

fn main() {}
