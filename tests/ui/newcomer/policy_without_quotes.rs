use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = best_fit)]
static HEAP: BrkHeap;

fn main() {}
