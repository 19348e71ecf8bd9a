use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "")]
static HEAP: BrkHeap;

fn main() {}
