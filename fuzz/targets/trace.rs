//! Hands libFuzzer the target `trace`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| brkalloc_fuzz::trace::run(bytes));
