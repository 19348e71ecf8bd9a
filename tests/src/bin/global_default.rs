//! The program on the heap that the attribute makes if it is told nothing.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::program;

#[global_allocator]
#[brk_heap]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
