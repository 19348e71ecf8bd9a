//! A heap of chunks, in bins, that checks everything.

use brkalloc::{BrkHeap, brk_heap};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(policy = "segregated_fit", harden = "full")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
