//! The program in an array of its own.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::program;

#[global_allocator]
#[brk_heap(source = "static", arena = "64MiB", policy = "segregated_fit")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
