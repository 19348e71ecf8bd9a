use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "FAST")]
static HEAP: BrkHeap;

fn main() {}
