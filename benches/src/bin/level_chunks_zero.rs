//! A heap of chunks, in bins, that clears what is freed.

use brkalloc::{BrkHeap, brk_heap};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(policy = "segregated_fit", zero = "free")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
