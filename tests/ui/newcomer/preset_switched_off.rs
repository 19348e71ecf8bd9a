use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "none")]
static HEAP: BrkHeap;

fn main() {}
