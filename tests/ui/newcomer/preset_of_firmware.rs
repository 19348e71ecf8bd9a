use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "firmware", arena = "4KiB")]
static HEAP: BrkHeap;

fn main() {}
