//! talc behind a spin lock, over an array of its own.
#![no_std]
#![no_main]

use brkalloc_flash::ARENA;
use cortex_m_rt::entry;
use spinning_top::RawSpinlock;
use talc::TalcLock;
use talc::source::Claim;

static mut BYTES: [u8; ARENA] = [0; ARENA];

#[global_allocator]
// SAFETY: nothing else uses the array.
static HEAP: TalcLock<RawSpinlock, Claim> = TalcLock::new(unsafe { Claim::array(&raw mut BYTES) });

#[entry]
fn main() -> ! {
    brkalloc_flash::run()
}
