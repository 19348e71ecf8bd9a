//! The program in a mapping that grows by little and trims often, with every operation counted.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::program;

#[global_allocator]
#[brk_heap(
    source = "mmap",
    grow = "4KiB",
    trim = "16KiB",
    stats = "counters",
    policy = "first_fit"
)]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
