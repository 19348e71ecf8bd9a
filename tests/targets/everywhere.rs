// What every target has: an array, and no lock, in several of the choices that cost the most code.
#![no_std]

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(source = "static", arena = "16KiB", unsafe(lock = "none"), harden = "full")]
static HEAP: BrkHeap;

#[brk_heap(source = "static", arena = "4KiB", unsafe(lock = "none"), policy = "best_fit", zero = "free")]
static SIZES: BrkHeap;

#[brk_heap(source = "static", arena = "4KiB", unsafe(lock = "none"), policy = "segregated_fit", stats = "counters")]
static BINS: BrkHeap;

/// Whether all of them are sound: so that there is code of each.
pub fn are_sound() -> bool {
    HEAP.check().is_ok() && SIZES.check().is_ok() && BINS.check().is_ok()
}
