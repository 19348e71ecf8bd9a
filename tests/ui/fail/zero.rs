use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = 0, grow = 0, limit = "0KiB")]
static HEAP: BrkHeap;

fn main() {}

// mistakes: 3
