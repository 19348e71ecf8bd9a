use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(crate = ::nowhere)]
static HEAP: BrkHeap;

fn main() {}
