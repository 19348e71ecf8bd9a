use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "linker", lock = "spin")]
static HEAP: BrkHeap;

#[brk_heap(unsafe(source = "slice"))]
static LATE: BrkHeap;

fn main() {}
// mistakes: 2
