use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "buddy")]
static HEAP: BrkHeap;

fn main() {}
