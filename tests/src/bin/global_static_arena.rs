//! The program in an array of its own.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(source = "static", arena = "64MiB", policy = "segregated_fit")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
