use brkalloc::{BrkHeap, brk_heap};

struct HalfFit;

#[brk_heap(policy = HalfFit)]
static HEAP: BrkHeap;

fn main() {}
