use brkalloc::{Heap, brk_heap};

#[brk_heap]
static HEAP: Heap;

fn main() {}
