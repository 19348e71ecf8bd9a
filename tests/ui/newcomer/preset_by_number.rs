use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = 1)]
static HEAP: BrkHeap;

fn main() {}
