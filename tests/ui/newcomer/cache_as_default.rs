use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(cache = "default")]
static HEAP: BrkHeap;

fn main() {}
