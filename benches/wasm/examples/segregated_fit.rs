//! The smallest heap of ours whose requests take the same time whatever it holds.
#![no_std]

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_wasm_bench as _;

#[global_allocator]
#[brk_heap(
    policy = "segregated_fit",
    harden = "none",
    // SAFETY: the module is built without threads.
    unsafe(lock = "none")
)]
static HEAP: BrkHeap;
