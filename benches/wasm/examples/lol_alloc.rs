//! `lol_alloc`'s list, without a lock.
#![no_std]

use brkalloc_wasm_bench as _;
use lol_alloc::{AssumeSingleThreaded, FreeListAllocator};

#[global_allocator]
static HEAP: AssumeSingleThreaded<FreeListAllocator> = {
    // SAFETY: the module is built without threads.
    unsafe { AssumeSingleThreaded::new(FreeListAllocator::new()) }
};
