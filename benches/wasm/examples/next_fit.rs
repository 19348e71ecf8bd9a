//! Next fit, in a tree.
#![no_std]

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_wasm_bench as _;

#[global_allocator]
#[brk_heap(
    harden = "none",
    policy = "next_fit",
    // SAFETY: the module is built without threads.
    unsafe(lock = "none")
)]
static HEAP: BrkHeap;
