use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64KiB", order = "lifo", index = "tree")]
static HEAP: BrkHeap;

fn main() {}
