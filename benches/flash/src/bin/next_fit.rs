//! Next fit, in a tree.
#![no_std]
#![no_main]

use brkalloc::{BrkHeap, brk_heap};
use cortex_m_rt::entry;

#[global_allocator]
#[brk_heap(
    source = "static",
    arena = "16KiB",
    harden = "none",
    policy = "next_fit",
    // SAFETY: there is one thread, and no interrupt is enabled.
    unsafe(lock = "none")
)]
static HEAP: BrkHeap;

#[entry]
fn main() -> ! {
    brkalloc_flash::run()
}
