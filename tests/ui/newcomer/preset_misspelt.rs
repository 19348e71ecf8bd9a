use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "hardend")]
static HEAP: BrkHeap;

fn main() {}
