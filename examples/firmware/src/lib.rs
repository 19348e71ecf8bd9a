//! What the firmware does on the heap that it is given: a hundred strings, requests until there is no room, a check.
//!
//! It says what it sees through the emulator's [`console`], and ends it with success, or, if it panics, with failure.
#![no_std]

extern crate alloc;

#[cfg_attr(target_arch = "arm", path = "console/semihosting.rs")]
#[cfg_attr(target_arch = "riscv32", path = "console/virt.rs")]
pub mod console;

use alloc::string::String;
use alloc::vec::Vec;
use brkalloc::{BrkHeap, Config};
use core::fmt::Write;
use core::panic::PanicInfo;

/// Says a line on the emulator's console.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::console::say(format_args!($($text)*)) };
}

/// Runs on `heap`, the global allocator, and ends the emulator.
pub fn run<C: Config>(heap: &BrkHeap<C>) -> ! {
    let strings: Vec<String> = (0..100).map(text).collect();
    say!("{}: {} bytes", heap.config().name, heap.stats().committed);
    say!("100 strings: {} bytes in use", heap.stats().in_use);
    assert_eq!(heap.check(), Ok(()));

    let refused = Vec::<u8>::new().try_reserve_exact(1 << 20);
    say!("a megabyte: {}", if refused.is_err() { "refused" } else { "granted" });
    let blocks = fill(heap.stats().committed);
    say!("{} blocks of 256 bytes, until there is no room", blocks.len());
    assert_eq!(heap.check(), Ok(()));
    drop(blocks);

    for (number, string) in strings.iter().enumerate() {
        assert_eq!(*string, text(number), "a string is as it was written");
    }
    drop(strings);
    assert_eq!(heap.check(), Ok(()));
    say!(
        "all freed: {} bytes in use, {} free chunk",
        heap.stats().in_use,
        heap.stats().free_chunks
    );
    console::end(true)
}

fn text(number: usize) -> String {
    let mut text = String::new();
    write!(text, "string number {number} of a hundred").expect("there is room");
    text
}

/// Blocks until one is refused, of an arena of so many bytes; none moves the vector that holds them.
fn fill(arena: usize) -> Vec<Vec<u8>> {
    let mut blocks = Vec::with_capacity(arena / 256);
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
    say!("{info}");
    console::end(false)
}
