use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "embedded", arena = "4KiB", export = "malloc")]
static HEAP: BrkHeap;

fn main() {}
