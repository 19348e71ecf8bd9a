use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = policy = "best_fit")]
static HEAP: BrkHeap;

fn main() {}
