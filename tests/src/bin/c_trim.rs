//! `malloc_trim` on a heap that keeps all by itself.

#[path = "../c_trim.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(trim = "never", policy = "first_fit", export = "malloc")]
static HEAP: BrkHeap;

fn main() {
    program::run();
}
