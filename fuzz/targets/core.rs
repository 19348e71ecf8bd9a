//! Hands libFuzzer the target `core`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| brkalloc_fuzz::core::run(bytes));
