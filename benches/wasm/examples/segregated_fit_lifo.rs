//! Segregated fit, the chunk freed last first.
#![no_std]

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_wasm_bench as _;

#[global_allocator]
#[brk_heap(
    harden = "none",
    policy = "segregated_fit",
    order = "lifo",
    // SAFETY: the module is built without threads.
    unsafe(lock = "none")
)]
static HEAP: BrkHeap;
