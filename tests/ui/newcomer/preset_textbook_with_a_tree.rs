use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "textbook", index = "tree")]
static HEAP: BrkHeap;

fn main() {}
