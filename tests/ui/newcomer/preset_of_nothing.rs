use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "")]
static HEAP: BrkHeap;

fn main() {}
