//! 16 KiB, and a lock that spins: what interrupts and a second core may share, as long as no interrupt allocates.
#![no_std]
#![no_main]

use brkalloc::{BrkHeap, brk_heap};
use cortex_m_rt::entry;

#[global_allocator]
#[brk_heap(source = "static", arena = "16KiB")]
static HEAP: BrkHeap;

#[entry]
fn main() -> ! {
    brkalloc_firmware::run(&HEAP)
}
