use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(heap_size = "64KiB")]
static HEAP: BrkHeap;

fn main() {}
