use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(best_fit)]
static HEAP: BrkHeap;

fn main() {}
