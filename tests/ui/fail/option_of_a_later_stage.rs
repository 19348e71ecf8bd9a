use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(cache = "1KiB")]
static CACHE: BrkHeap;

#[brk_heap(harden = "full")]
static HARDEN: BrkHeap;

fn main() {}

// mistakes: 3
