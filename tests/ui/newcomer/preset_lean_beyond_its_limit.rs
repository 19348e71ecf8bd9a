use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "lean", limit = "1MiB", cache = "2MiB")]
static HEAP: BrkHeap;

fn main() {}
