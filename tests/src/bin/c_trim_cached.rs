//! `malloc_trim` on a heap whose cache keeps much of what is freed.

#[path = "../c_trim.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(trim = "never", cache = "64MiB", export = "malloc")]
static HEAP: BrkHeap;

fn main() {
    program::run();
}
