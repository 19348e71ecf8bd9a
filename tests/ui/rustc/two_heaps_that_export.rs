use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(export = "malloc")]
static ONE: BrkHeap;

#[brk_heap(export = "malloc")]
static OTHER: BrkHeap;

fn main() {}
