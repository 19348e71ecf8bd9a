//! The program on the heap that the attribute makes if it is told nothing.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
