use brkalloc::brk_heap;

#[brk_heap]
static HEAP: BrkHeap;

fn main() {}
