//! The smallest heap of ours.
#![no_std]

extern crate brkalloc_wasm_size as _;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(
    index = "list",
    order = "lifo",
    harden = "none",
    // SAFETY: the module is built without threads.
    unsafe(lock = "none")
)]
static HEAP: BrkHeap;
