use brkalloc::BrkHeap;

#[brk_heap]
static HEAP: BrkHeap;

fn main() {}

// mistakes: 2
