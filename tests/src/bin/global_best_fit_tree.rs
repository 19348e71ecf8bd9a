//! The program on best fit, through trees.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(policy = "best_fit", arena = "1MiB")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
