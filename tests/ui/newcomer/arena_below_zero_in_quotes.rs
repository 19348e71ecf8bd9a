use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "-64B")]
static HEAP: BrkHeap;

fn main() {}
