use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64KiB", policy = "frist-fit", order = "adress")]
static HEAP: BrkHeap;

fn main() {}

// mistakes: 2
