//! `c_early` on a heap without a cache.

#[path = "../c_early.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(export = "malloc", policy = "first_fit")]
static HEAP: BrkHeap;

fn main() {
    program::run();
}
