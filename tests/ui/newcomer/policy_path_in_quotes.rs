use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "mine::HalfFit")]
static HEAP: BrkHeap;

fn main() {}
