//! Ends of threads on a heap with every check: `thread_ends_full CASE`.

#[path = "../thread_ends.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(preset = "hardened")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
