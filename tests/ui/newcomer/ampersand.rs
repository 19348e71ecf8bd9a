use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64KiB" & policy = "best_fit")]
static HEAP: BrkHeap;

fn main() {}
