use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(crate = "brkalloc")]
static HEAP: BrkHeap;

fn main() {}
