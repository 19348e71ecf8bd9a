use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(lock = "spin::mutex::SpinMutex<()>")]
static HEAP: BrkHeap;

fn main() {}
