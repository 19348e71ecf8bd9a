//! A heap of a cache, that checks nothing.

use brkalloc::{BrkHeap, brk_heap};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(cache = "1MiB", harden = "none")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
