//! embedded-alloc's TLSF, in a critical section, over an array of its own.
#![no_std]
#![no_main]

use brkalloc_flash::ARENA;
use cortex_m as _;
use cortex_m_rt::entry;
use embedded_alloc::TlsfHeap;

#[global_allocator]
static HEAP: TlsfHeap = TlsfHeap::empty();

static mut BYTES: [u8; ARENA] = [0; ARENA];

#[entry]
fn main() -> ! {
    let first = (&raw mut BYTES).addr();
    // SAFETY: nothing else uses the array, and this runs once.
    unsafe { HEAP.init(first, ARENA) };
    brkalloc_flash::run()
}
