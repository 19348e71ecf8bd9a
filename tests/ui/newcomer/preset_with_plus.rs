use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "fast" + "hardened")]
static HEAP: BrkHeap;

fn main() {}
