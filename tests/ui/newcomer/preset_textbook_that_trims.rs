use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "textbook", trim = "1MiB")]
static HEAP: BrkHeap;

fn main() {}
