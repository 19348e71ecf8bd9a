use brkalloc::{BrkHeap, brk_heap};

#[brk_heap({ arena: "64KiB" })]
static HEAP: BrkHeap;

fn main() {}
