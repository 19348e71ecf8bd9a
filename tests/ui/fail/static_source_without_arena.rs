use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "static")]
static HEAP: BrkHeap;

fn main() {}
