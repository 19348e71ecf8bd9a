//! The heap that the attribute makes without options.
#![no_std]

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_wasm_bench as _;

#[global_allocator]
#[brk_heap]
static HEAP: BrkHeap;
