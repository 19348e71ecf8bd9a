use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "embedded", arena = "4KiB", grow = "4KiB")]
static HEAP: BrkHeap;

fn main() {}
