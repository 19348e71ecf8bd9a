use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(coalesce = false)]
static HEAP: BrkHeap;

fn main() {}
