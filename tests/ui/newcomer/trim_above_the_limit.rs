use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(limit = "1MiB", trim = "2MiB")]
static HEAP: BrkHeap;

fn main() {}
