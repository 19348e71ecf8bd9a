//! No heap: what the program takes without one.
#![no_std]
#![no_main]

use core::alloc::{GlobalAlloc, Layout};
use core::hint::black_box;
use core::ptr::null_mut;
use cortex_m_rt::entry;

struct Nothing;

// SAFETY: it hands out nothing.
unsafe impl GlobalAlloc for Nothing {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        black_box(null_mut())
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        black_box(block);
    }

    unsafe fn alloc_zeroed(&self, _: Layout) -> *mut u8 {
        black_box(null_mut())
    }

    unsafe fn realloc(&self, block: *mut u8, _: Layout, _: usize) -> *mut u8 {
        black_box(block)
    }
}

#[global_allocator]
static HEAP: Nothing = Nothing;

#[entry]
fn main() -> ! {
    brkalloc_flash::run()
}
