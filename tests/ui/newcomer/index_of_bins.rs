use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(index = "bins")]
static HEAP: BrkHeap;

fn main() {}
