use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(export = "malloc")]
static ONE: BrkHeap;

#[brk_heap(export = "malloc")]
static OTHER: BrkHeap;

fn main() {}

// The symbol is there twice: found where code is made, which a check does not do.
// mistakes: 0
