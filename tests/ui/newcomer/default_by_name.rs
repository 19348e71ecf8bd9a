use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(default)]
static HEAP: BrkHeap;

fn main() {}
