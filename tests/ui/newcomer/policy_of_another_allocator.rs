use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "tlsf")]
static HEAP: BrkHeap;

fn main() {}
