#![forbid(unsafe_code)]

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "static", arena = "4KiB")]
#[unsafe(link_section = ".ccm")]
static HEAP: BrkHeap;

fn main() {}
