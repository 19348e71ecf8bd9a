use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(align = 16)]
static HEAP: BrkHeap;

fn main() {}
