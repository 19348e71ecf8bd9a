use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(lock = "off")]
static HEAP: BrkHeap;

fn main() {}
