//! A heap of a cache, that checks everything, and where freed blocks wait.

use brkalloc::{BrkHeap, brk_heap};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(cache = "1MiB", harden = "full", quarantine = "64KiB")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
