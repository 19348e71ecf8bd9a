use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap]
static FIRST: BrkHeap;

#[global_allocator]
#[brk_heap]
static SECOND: BrkHeap;

fn main() {}
