//! The program on worst fit behind a spin lock.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(policy = "worst_fit", lock = "spin")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
