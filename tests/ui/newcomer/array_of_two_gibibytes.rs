use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "embedded", arena = "2GiB")]
static HEAP: BrkHeap;

fn main() {}
