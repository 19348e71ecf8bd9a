use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "sbrk")]
static HEAP: BrkHeap;

fn main() {}
