use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "auto")]
static HEAP: BrkHeap;

fn main() {}
