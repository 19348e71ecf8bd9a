use brkalloc::BrkHeap;

static HEAP: BrkHeap = BrkHeap::new();

fn main() {}
