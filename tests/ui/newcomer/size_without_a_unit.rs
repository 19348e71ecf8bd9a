use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "65536")]
static HEAP: BrkHeap;

fn main() {}
