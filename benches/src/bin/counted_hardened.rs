//! The preset "hardened", counting.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_benches::lock_bound::{self, Requests};
use std::process::ExitCode;

#[brk_heap(preset = "hardened", stats = "counters")]
static HEAP: BrkHeap;

#[global_allocator]
static REQUESTS: Requests = Requests::of(&HEAP);

fn main() -> ExitCode {
    lock_bound::run(&HEAP)
}
