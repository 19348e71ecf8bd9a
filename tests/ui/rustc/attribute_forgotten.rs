use brkalloc::BrkHeap;

static HEAP: BrkHeap;

fn main() {}
