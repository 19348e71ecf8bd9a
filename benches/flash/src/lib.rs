//! The programs that every heap gets, which say through the emulator what they saw, and end it.
//!
//! The one whose flash is measured makes a hundred strings and a request that no heap grants, and frees all: it
//! allocates, reallocates and frees. With the feature `payload`, blocks of random sizes fill the heap instead; with the
//! feature `actions`, random requests are counted in instructions.
#![no_std]

extern crate alloc;

use core::panic::PanicInfo;
use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hprintln;

#[cfg(feature = "actions")]
mod actions;
#[cfg(feature = "actions")]
mod instructions;
#[cfg(feature = "payload")]
mod payload;
#[cfg(not(any(feature = "actions", feature = "payload")))]
mod strings;

/// The bytes that each heap has.
pub const ARENA: usize = 16 << 10;

/// Runs on the global allocator, and ends the emulator.
pub fn run() -> ! {
    #[cfg(feature = "actions")]
    instructions::run();
    #[cfg(feature = "payload")]
    payload::run();
    #[cfg(not(any(feature = "actions", feature = "payload")))]
    strings::run();
    debug::exit(EXIT_SUCCESS);
    loop {}
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    debug::exit(EXIT_FAILURE);
    loop {}
}
