//! All checks: `harden = "full"`, and all else default.
#![no_std]

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_wasm_bench as _;

#[global_allocator]
#[brk_heap(harden = "full")]
static HEAP: BrkHeap;
