//! Hands libFuzzer the target `attribute`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| brkalloc_fuzz::attribute::run(bytes));
