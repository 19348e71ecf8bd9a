#![forbid(unsafe_code)]

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(unsafe(source = "linker"))]
static HEAP: BrkHeap;

fn main() {}
