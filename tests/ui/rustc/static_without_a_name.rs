use brkalloc::{BrkHeap, brk_heap};

#[brk_heap]
static _: BrkHeap;

fn main() {}
