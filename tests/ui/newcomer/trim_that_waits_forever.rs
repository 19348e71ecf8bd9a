use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(trim = "64GiB")]
static HEAP: BrkHeap;

fn main() {}
