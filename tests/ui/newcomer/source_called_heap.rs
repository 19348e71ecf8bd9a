use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "heap")]
static HEAP: BrkHeap;

fn main() {}
