//! `c_early` on a heap with a cache for each thread.

#[path = "../c_early.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(cache = "256KiB", export = "malloc")]
static HEAP: BrkHeap;

fn main() {
    program::run();
}
