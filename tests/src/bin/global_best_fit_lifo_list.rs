//! The program on best fit along a stack.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(policy = "best_fit", order = "lifo", index = "list")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
