//! The program on a heap with every check, a cache and a quarantine.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(harden = "full", quarantine = "64KiB", cache = "256KiB", large = "64KiB")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
