use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(template = "fast")]
static HEAP: BrkHeap;

fn main() {}
