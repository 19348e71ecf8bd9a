use brkalloc::{BrkHeap, brk_heap};

#[brk_heap("64KiB")]
static HEAP: BrkHeap;

fn main() {}
