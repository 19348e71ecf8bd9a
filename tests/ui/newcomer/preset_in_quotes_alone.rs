use brkalloc::{BrkHeap, brk_heap};

#[brk_heap("embedded")]
static HEAP: BrkHeap;

fn main() {}
