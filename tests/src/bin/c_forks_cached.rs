//! `c_forks` on a heap with a cache for each thread.

#[path = "../c_forks.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "segregated_fit", cache = "256KiB", export = "malloc")]
static HEAP: BrkHeap;

fn main() {
    program::run();
}
