#![no_implicit_prelude]

use ::brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "static", arena = "4KiB", lock = "spin", stats = "counters")]
static HEAP: BrkHeap;

fn main() {
    let _ = HEAP.stats();
}
