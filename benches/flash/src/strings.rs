//! A hundred strings, and a request that no heap grants.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use cortex_m_semihosting::debug::{self, EXIT_FAILURE};
use cortex_m_semihosting::hprintln;

pub(crate) fn run() {
    let strings: Vec<String> = (0..100).map(text).collect();
    let bytes: usize = strings.iter().map(String::len).sum();
    let is_refused = Vec::<u8>::new().try_reserve_exact(1 << 20).is_err();
    hprintln!("{} strings of {} bytes, refused: {}", strings.len(), bytes, is_refused);
    drop(strings);
}

fn text(number: usize) -> String {
    let mut text = String::new();
    if write!(text, "string number {number} of a hundred").is_err() {
        debug::exit(EXIT_FAILURE);
    }
    text
}
