//! The program on next fit along a queue whose free neighbors merge late.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(policy = "next_fit", order = "fifo", coalesce = "deferred")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
