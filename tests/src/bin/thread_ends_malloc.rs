//! Ends of threads on a heap that is the process's `malloc`: `thread_ends_malloc CASE`.

#[path = "../thread_ends.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(cache = "1MiB", export = "malloc")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
