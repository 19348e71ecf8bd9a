use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(textbook)]
static HEAP: BrkHeap;

fn main() {}
