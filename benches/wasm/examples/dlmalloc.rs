//! dlmalloc, as the standard library has it.
#![no_std]

extern crate brkalloc_wasm_size as _;

use dlmalloc::GlobalDlmalloc;

#[global_allocator]
static HEAP: GlobalDlmalloc = GlobalDlmalloc;
