//! What the firmware does on the heap that it is given: a hundred strings, requests until there is no room, a check.
//!
//! It says what it sees through the emulator (semihosting), and ends it with success, or, if it panics, with failure.
#![no_std]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use brkalloc::{BrkHeap, Config};
use core::fmt::Write;
use core::panic::PanicInfo;
use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hprintln;

/// Runs on `heap`, the global allocator, and ends the emulator.
pub fn run<C: Config>(heap: &BrkHeap<C>) -> ! {
    hprintln!("{}: {} bytes", heap.config().name, heap.config().arena);
    let strings: Vec<String> = (0..100).map(text).collect();
    hprintln!("100 strings: {} bytes in use", heap.stats().in_use);
    assert_eq!(heap.check(), Ok(()));

    let refused = Vec::<u8>::new().try_reserve_exact(1 << 20);
    hprintln!("a megabyte: {}", if refused.is_err() { "refused" } else { "granted" });
    let blocks = fill();
    hprintln!("{} blocks of 256 bytes, until there is no room", blocks.len());
    assert_eq!(heap.check(), Ok(()));
    drop(blocks);

    for (number, string) in strings.iter().enumerate() {
        assert_eq!(*string, text(number), "a string is as it was written");
    }
    drop(strings);
    assert_eq!(heap.check(), Ok(()));
    hprintln!(
        "all freed: {} bytes in use, {} free chunk",
        heap.stats().in_use,
        heap.stats().free_chunks
    );
    debug::exit(EXIT_SUCCESS);
    unreachable!("the emulator has ended")
}

fn text(number: usize) -> String {
    let mut text = String::new();
    write!(text, "string number {number} of a hundred").expect("there is room");
    text
}

/// Blocks until one is refused; none moves the vector that holds them.
fn fill() -> Vec<Vec<u8>> {
    let mut blocks = Vec::with_capacity(64);
    while blocks.len() < blocks.capacity() {
        let mut block = Vec::new();
        if block.try_reserve_exact(256).is_err() {
            return blocks;
        }
        blocks.push(block);
    }
    panic!("more than the arena has");
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    debug::exit(EXIT_FAILURE);
    loop {}
}
