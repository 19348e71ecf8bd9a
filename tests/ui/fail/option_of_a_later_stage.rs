use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(harden = "full")]
static HARDEN: BrkHeap;

fn main() {}

// mistakes: 1
