use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(limit = "65GiB")]
static HEAP: BrkHeap;

fn main() {}
