use brkalloc::{BrkHeap, brk_heap};

#[brk_heap]
static HEAP: BrkHeap<HEAP>;

fn main() {}
