use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "ff")]
static HEAP: BrkHeap;

fn main() {}
