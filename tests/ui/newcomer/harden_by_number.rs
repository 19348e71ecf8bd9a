use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(harden = 2)]
static HEAP: BrkHeap;

fn main() {}
