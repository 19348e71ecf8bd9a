//! Hands libFuzzer the target `imports`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| brkalloc_fuzz::imports::run(bytes));
