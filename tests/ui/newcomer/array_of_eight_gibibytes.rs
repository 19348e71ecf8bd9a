use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "static", arena = "8GiB")]
static HEAP: BrkHeap;

fn main() {}
