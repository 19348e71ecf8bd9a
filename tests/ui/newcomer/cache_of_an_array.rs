use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "static", arena = "64KiB", cache = "none")]
static HEAP: BrkHeap;

fn main() {}
