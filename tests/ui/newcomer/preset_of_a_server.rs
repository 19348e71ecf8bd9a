use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "server")]
static HEAP: BrkHeap;

fn main() {}
