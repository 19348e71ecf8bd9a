//! `c_thread_fail` on a heap with a cache for each thread.

#[path = "../c_thread_fail.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(limit = "256MiB", policy = "segregated_fit", cache = "256KiB", export = "malloc")]
static HEAP: BrkHeap;

fn main() {
    program::run();
}
