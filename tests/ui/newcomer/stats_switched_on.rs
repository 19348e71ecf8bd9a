use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(stats = true)]
static HEAP: BrkHeap;

fn main() {}
