//! The program on worst fit among chunks that never merge.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(policy = "worst_fit", coalesce = "never")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
