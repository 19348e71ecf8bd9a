use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = true, policy = first_fit)]
static HEAP: BrkHeap;

fn main() {}

// mistakes: 2
