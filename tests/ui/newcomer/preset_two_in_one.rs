use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "fast,lean")]
static HEAP: BrkHeap;

fn main() {}
