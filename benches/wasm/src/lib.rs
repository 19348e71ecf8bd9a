//! The program that every heap gets, as the function `run` of a module.
//!
//! The one whose bytes are measured makes a hundred strings. With the feature `actions`, it makes random requests, which
//! are timed.
#![no_std]

extern crate alloc;

#[cfg(feature = "actions")]
mod actions;
#[cfg(feature = "actions")]
#[path = "../../flash/src/actions.rs"]
mod requests;
#[cfg(not(feature = "actions"))]
mod strings;

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
