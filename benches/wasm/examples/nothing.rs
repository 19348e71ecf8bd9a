//! No heap: what the program takes without one. Whoever instantiates the module would bring the heap.
#![no_std]

use brkalloc_wasm_bench as _;
use core::alloc::{GlobalAlloc, Layout};

#[link(wasm_import_module = "heap")]
unsafe extern "C" {
    fn allocate(size: usize, align: usize) -> *mut u8;
    fn free(block: *mut u8, size: usize, align: usize);
    fn resize(block: *mut u8, size: usize, align: usize, wanted: usize) -> *mut u8;
}

struct Imported;

// SAFETY: nobody instantiates the module.
unsafe impl GlobalAlloc for Imported {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { allocate(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { free(block, layout.size(), layout.align()) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { resize(block, layout.size(), layout.align(), size) }
    }
}

#[global_allocator]
static HEAP: Imported = Imported;
