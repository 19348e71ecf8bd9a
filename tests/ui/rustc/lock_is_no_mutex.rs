use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(lock = std::sync::Mutex<()>)]
static HEAP: BrkHeap;

fn main() {}
