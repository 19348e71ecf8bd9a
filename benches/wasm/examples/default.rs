//! The heap that the attribute makes without options.
#![no_std]

extern crate brkalloc_wasm_size as _;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap]
static HEAP: BrkHeap;
