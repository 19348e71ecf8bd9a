use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "first_fit, address")]
static HEAP: BrkHeap;

fn main() {}
