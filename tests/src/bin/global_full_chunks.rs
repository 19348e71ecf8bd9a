//! The program on a heap with every check and no cache, which clears what is freed.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(harden = "full", zero = "free", policy = "best_fit")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
