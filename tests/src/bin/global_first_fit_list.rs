//! The program on the textbook's heap: first fit along a list by address.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(policy = "first_fit", order = "address", index = "list")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
