//! The program on segregated fit.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(policy = "segregated_fit")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
