use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "static", arena = "64KiB", grow = "4KiB")]
static HEAP: BrkHeap;

fn main() {}
