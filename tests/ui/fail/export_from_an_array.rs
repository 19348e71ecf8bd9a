use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "static", arena = "1MiB", export = "malloc")]
static HEAP: BrkHeap;

fn main() {}
