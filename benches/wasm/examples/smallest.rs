//! The smallest heap of ours.
#![no_std]

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_wasm_bench as _;

#[global_allocator]
#[brk_heap(
    index = "list",
    order = "lifo",
    harden = "none",
    // SAFETY: the module is built without threads.
    unsafe(lock = "none")
)]
static HEAP: BrkHeap;
