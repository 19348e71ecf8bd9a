//! The program on next fit by address, through a tree.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(policy = "next_fit", index = "tree")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
