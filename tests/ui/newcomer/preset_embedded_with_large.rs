use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "embedded", arena = "4KiB", large = "4KiB")]
static HEAP: BrkHeap;

fn main() {}
