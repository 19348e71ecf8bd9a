use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(cache = "512")]
static HEAP: BrkHeap;

fn main() {}
