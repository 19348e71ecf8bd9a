//! Forks beside threads on the default heap.

#[path = "../forks.rs"]
mod forks;

use brkalloc::{BrkHeap, brk_heap};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    forks::run(&HEAP, 300)
}
