//! The program in a window of little room, without checks.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(limit = "64MiB", trim = "never", harden = "none", policy = "best_fit")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
