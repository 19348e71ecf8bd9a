use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "auto")]
static HEAP: BrkHeap;

fn main() {}
