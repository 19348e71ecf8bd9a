use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(profile_of = "fast")]
static HEAP: BrkHeap;

fn main() {}
