use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(limit = "unlimited")]
static HEAP: BrkHeap;

fn main() {}
