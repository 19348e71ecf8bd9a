//! A heap of chunks, in bins, that checks everything, and where freed blocks wait.

use brkalloc::{BrkHeap, brk_heap};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(policy = "segregated_fit", harden = "full", quarantine = "64KiB")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
