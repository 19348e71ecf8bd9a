use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "embedded", arena = "4KiB", index = "tree", order = "lifo")]
static HEAP: BrkHeap;

fn main() {}
