//! Forks beside threads on a heap behind a `lock_api` mutex.

#[path = "../forks.rs"]
mod forks;

use brkalloc::{BrkHeap, brk_heap};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(lock = spin::mutex::SpinMutex<()>, source = "mmap", coalesce = "deferred")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    forks::run(&HEAP, 50)
}
