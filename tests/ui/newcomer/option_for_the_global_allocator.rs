use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(global = true)]
static HEAP: BrkHeap;

fn main() {}
