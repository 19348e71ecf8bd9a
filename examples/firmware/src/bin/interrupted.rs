//! 10 KiB of a processor without compare-and-swap, which an interrupt shares: the timer's allocates and frees, a
//! thousand times within the requests of the main thread.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::String;
use brkalloc::{BrkHeap, brk_heap};
use brkalloc_firmware::say;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use cortex_m::Peripherals;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::{entry, exception};

#[global_allocator]
#[brk_heap(source = "static", arena = "10KiB", index = "list", lock = "critical_section")]
static HEAP: BrkHeap;

/// How often the interrupt came.
static TICKS: AtomicUsize = AtomicUsize::new(0);

#[exception]
fn SysTick() {
    let text = String::from("what an interrupt writes");
    assert_eq!(text, "what an interrupt writes");
    // Only this interrupt writes, so a load and a store do.
    TICKS.store(TICKS.load(Relaxed) + 1, Relaxed);
}

#[entry]
fn main() -> ! {
    let mut timer = Peripherals::take().expect("nobody took them").SYST;
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(2000);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
    while TICKS.load(Relaxed) < 1000 {
        let texts = [String::from("what the main thread writes"), String::from("and once more")];
        assert_eq!(texts.concat(), "what the main thread writesand once more");
        assert_eq!(HEAP.check(), Ok(()));
    }
    timer.disable_interrupt();
    say!("a thousand interrupts: {} bytes in use", HEAP.stats().in_use);
    brkalloc_firmware::run(&HEAP)
}
