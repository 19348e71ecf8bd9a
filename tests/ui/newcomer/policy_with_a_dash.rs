use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "first-fit")]
static HEAP: BrkHeap;

fn main() {}
