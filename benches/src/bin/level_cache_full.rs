//! A heap of a cache, that checks everything.

use brkalloc::{BrkHeap, brk_heap};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(cache = "1MiB", harden = "full")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
