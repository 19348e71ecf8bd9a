use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64KiB", policy = "best_fit", arena = "1MiB")]
static HEAP: BrkHeap;

fn main() {}
