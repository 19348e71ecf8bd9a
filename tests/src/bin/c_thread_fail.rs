//! `c_thread_fail` on a heap without a cache.

#[path = "../c_thread_fail.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(limit = "256MiB", policy = "segregated_fit", export = "malloc")]
static HEAP: BrkHeap;

fn main() {
    program::run();
}
