//! The program on a heap with a cache, and with mappings for what is large.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::program;

#[global_allocator]
#[brk_heap(cache = "256KiB", large = "64KiB")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
