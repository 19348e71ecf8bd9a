//! A program on a heap behind the break, whose threads use C's `malloc` as well.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::hammer;

#[global_allocator]
#[brk_heap(policy = "segregated_fit")]
static HEAP: BrkHeap;

fn main() {
    hammer::run(&HEAP);
}
