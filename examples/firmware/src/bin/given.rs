//! 16 KiB that the program gives its heap at run time, on a processor without atomic operations.
#![no_std]
#![no_main]

use brkalloc::{BrkHeap, brk_heap};
use core::mem::MaybeUninit;
use core::ptr::addr_of_mut;
use riscv as _;
use riscv_rt::entry;

#[global_allocator]
#[brk_heap(source = "slice", limit = "16KiB", index = "list", lock = "critical_section")]
static HEAP: BrkHeap;

#[entry]
fn main() -> ! {
    static mut MEMORY: [MaybeUninit<u8>; 16 << 10] = [MaybeUninit::uninit(); 16 << 10];
    // SAFETY: `main` runs once, and nothing else names it.
    let memory = unsafe { &mut *addr_of_mut!(MEMORY) };
    HEAP.init(memory).expect("it has none yet");
    brkalloc_firmware::run(&HEAP)
}
