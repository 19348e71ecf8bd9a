//! Hands libFuzzer the target `heap`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| brkalloc_fuzz::heap::run(bytes));
