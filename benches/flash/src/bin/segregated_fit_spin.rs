//! Segregated fit behind a spin lock.
#![no_std]
#![no_main]

use brkalloc::{BrkHeap, brk_heap};
use cortex_m_rt::entry;

#[global_allocator]
#[brk_heap(
    source = "static",
    arena = "16KiB",
    harden = "none",
    policy = "segregated_fit",
    lock = "spin"
)]
static HEAP: BrkHeap;

#[entry]
fn main() -> ! {
    brkalloc_flash::run()
}
