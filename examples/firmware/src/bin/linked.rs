//! All memory that is left between the data and 8 KiB of stack, as the linker script says.
#![no_std]
#![no_main]

use brkalloc::{BrkHeap, brk_heap};
use cortex_m_rt::entry;

#[global_allocator]
#[brk_heap(
    // SAFETY: `memory/lm3s6965evb.x` keeps it for the heap.
    unsafe(source = "linker"),
    limit = "64KiB",
    index = "list"
)]
static HEAP: BrkHeap;

#[entry]
fn main() -> ! {
    brkalloc_firmware::run(&HEAP)
}
