//! Forks beside threads on a heap behind a spin lock.

#[path = "../forks.rs"]
mod forks;

use brkalloc::{BrkHeap, brk_heap};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(lock = "spin", policy = "segregated_fit")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    forks::run(&HEAP, 100)
}
