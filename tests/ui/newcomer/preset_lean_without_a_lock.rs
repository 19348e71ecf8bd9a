use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "lean", lock = "none")]
static HEAP: BrkHeap;

fn main() {}
