//! Forks beside threads on a heap with every check, a cache and a quarantine.

#[path = "../forks.rs"]
mod forks;

use brkalloc::{BrkHeap, brk_heap};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(harden = "full", quarantine = "64KiB", cache = "64KiB")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    forks::run(&HEAP, 100)
}
