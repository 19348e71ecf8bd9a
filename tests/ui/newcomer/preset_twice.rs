use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "fast", preset = "lean")]
static HEAP: BrkHeap;

fn main() {}
