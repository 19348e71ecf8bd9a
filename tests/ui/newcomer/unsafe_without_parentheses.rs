use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(unsafe lock = "none")]
static HEAP: BrkHeap;

fn main() {}
