//! dlmalloc-rs, which is also std's own heap on this target.
#![no_std]

use brkalloc_wasm_bench as _;
use dlmalloc::GlobalDlmalloc;

#[global_allocator]
static HEAP: GlobalDlmalloc = GlobalDlmalloc;

/// Where the memory ended when the module began, so that dlmalloc uses what lies below: linkers before LLVM 15 do not know
/// the symbol. Among the data it lies below the heap, so dlmalloc takes nothing but what it grows the memory by.
#[unsafe(no_mangle)]
static __heap_end: u8 = 0;
