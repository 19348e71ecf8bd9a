use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(limit = "4096")]
static HEAP: BrkHeap;

fn main() {}
