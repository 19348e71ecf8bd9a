use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "embedded", arena = "4KiB", limit = "8KiB")]
static HEAP: BrkHeap;

fn main() {}
