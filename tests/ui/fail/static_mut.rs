use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64KiB")]
pub static mut HEAP: BrkHeap;

fn main() {}
