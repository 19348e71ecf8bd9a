use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(
    source = "slice",
    arena = "64KiB",
    grow = "none",
    trim = "1MiB",
    large = "1MiB",
    cache = "64KiB",
    export = "malloc"
)]
static HEAP: BrkHeap;

#[brk_heap(unsafe(source = "linker"), arena = "64KiB", cache_total = "1MiB")]
static LINKED: BrkHeap;

fn main() {}
// mistakes: 8
