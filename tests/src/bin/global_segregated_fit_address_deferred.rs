//! The program on segregated fit by address whose free neighbors merge late.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(policy = "segregated_fit", order = "address", coalesce = "deferred")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
