use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(harden = "full", quarantine = "0")]
static HEAP: BrkHeap;

fn main() {}
