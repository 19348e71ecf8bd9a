use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(large = "0")]
static HEAP: BrkHeap;

fn main() {}
