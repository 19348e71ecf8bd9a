//! Ends of threads on a heap with a cache: `thread_ends_plain CASE`.

#[path = "../thread_ends.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(cache = "1MiB")]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
