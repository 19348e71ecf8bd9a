//! Forks beside threads on a heap with a cache.

#[path = "../forks.rs"]
mod forks;

use brkalloc::{BrkHeap, brk_heap};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(cache = "64KiB")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    forks::run(&HEAP, 300)
}
