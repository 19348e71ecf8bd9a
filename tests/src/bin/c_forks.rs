//! `c_forks` on a heap without a cache.

#[path = "../c_forks.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(policy = "segregated_fit", export = "malloc")]
static HEAP: BrkHeap;

fn main() {
    program::run();
}
