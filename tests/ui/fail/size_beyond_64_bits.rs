use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "99999999999TiB")]
static HEAP: BrkHeap;

fn main() {}
