//! Forks beside threads on the default heap.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::forks;
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(policy = "first_fit")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    forks::run(&HEAP, 300)
}
