use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "embedded", arena = "4KiB", cache = "16KiB")]
static HEAP: BrkHeap;

fn main() {}
