//! `linked_list_allocator` behind its spin lock, over an array of its own.
#![no_std]
#![no_main]

use brkalloc_flash::ARENA;
use core::mem::MaybeUninit;
use cortex_m_rt::entry;
use linked_list_allocator::LockedHeap;

#[global_allocator]
static HEAP: LockedHeap = LockedHeap::empty();

static mut BYTES: [MaybeUninit<u8>; ARENA] = [MaybeUninit::uninit(); ARENA];

#[entry]
fn main() -> ! {
    // SAFETY: nothing else uses the array, and this runs once.
    let bytes = unsafe { &mut *(&raw mut BYTES) };
    HEAP.lock().init_from_slice(bytes);
    brkalloc_flash::run()
}
