use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(zzz = 1)]
static HEAP: BrkHeap;

fn main() {}
