//! The program on a heap with a cache, and with mappings for what is large.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(cache = "256KiB", large = "64KiB")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
