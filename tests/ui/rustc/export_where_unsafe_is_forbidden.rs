#![forbid(unsafe_code)]

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "best_fit", export = "malloc")]
static HEAP: BrkHeap;

fn main() {}
