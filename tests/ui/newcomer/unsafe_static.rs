use brkalloc::{BrkHeap, brk_heap};

#[brk_heap]
unsafe static HEAP: BrkHeap;

fn main() {}
