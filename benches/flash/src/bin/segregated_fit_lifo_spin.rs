//! Segregated fit, the chunk freed last first, behind a spin lock.
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
    order = "lifo",
    lock = "spin"
)]
static HEAP: BrkHeap;

#[entry]
fn main() -> ! {
    brkalloc_flash::run()
}
