use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64KiB", ..Default::default())]
static HEAP: BrkHeap;

fn main() {}
