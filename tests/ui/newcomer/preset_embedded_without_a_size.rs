use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "embedded")]
static HEAP: BrkHeap;

fn main() {}
