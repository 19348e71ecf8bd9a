use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(lock = SpinMutex)]
static HEAP: BrkHeap;

fn main() {}
