//! A module whose heap is the end of its memory: `memory.grow` is this machine's `sbrk`.
//!
//! `heap.mjs` calls what is exported here: fill the heap until the engine refuses, free a part, draw what is left.
#![no_std]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use brkalloc::{BrkHeap, brk_heap};
use core::cell::RefCell;
use core::fmt::Write as _;
use core::panic::PanicInfo;

#[global_allocator]
#[brk_heap(arena = "64KiB")]
static HEAP: BrkHeap;

/// Bytes of each block.
const BLOCK: usize = 1000;

/// What the page has allocated, and the text that it reads.
struct State {
    blocks: Vec<Option<Vec<u8>>>,
    text: String,
}

/// An instance without threads.
struct Alone(RefCell<State>);

// SAFETY: the module is built without threads, so one runs at a time.
unsafe impl Sync for Alone {}

static STATE: Alone = Alone(RefCell::new(State { blocks: Vec::new(), text: String::new() }));

/// A block whose every byte is its number's last; `None` if the heap is full.
fn block(number: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(BLOCK).ok()?;
    bytes.resize(BLOCK, number.to_le_bytes()[0]);
    Some(bytes)
}

/// Allocates blocks until one is refused, or there are `most`. Returns how many there are now.
#[unsafe(no_mangle)]
pub extern "C" fn fill(most: usize) -> usize {
    let State { blocks, .. } = &mut *STATE.0.borrow_mut();
    while blocks.len() < most {
        if blocks.try_reserve(1).is_err() {
            break;
        }
        let Some(block) = block(blocks.len()) else { break };
        blocks.push(Some(block));
    }
    blocks.len()
}

/// Frees every block whose number is a multiple of `every`.
#[unsafe(no_mangle)]
pub extern "C" fn free(every: usize) {
    let State { blocks, .. } = &mut *STATE.0.borrow_mut();
    blocks.iter_mut().step_by(every.max(1)).for_each(|block| *block = None);
}

/// Frees all.
#[unsafe(no_mangle)]
pub extern "C" fn clear() {
    STATE.0.borrow_mut().blocks = Vec::new();
}

/// Whether every block is as it was written, and the heap as it should be.
#[unsafe(no_mangle)]
pub extern "C" fn check() -> bool {
    let State { blocks, .. } = &*STATE.0.borrow();
    let is_whole = |(number, block): (usize, &Option<Vec<u8>>)| {
        block.iter().flatten().all(|byte| *byte == number.to_le_bytes()[0])
    };
    blocks.iter().enumerate().all(is_whole) && HEAP.check().is_ok()
}

/// Bytes in use.
#[unsafe(no_mangle)]
pub extern "C" fn in_use() -> usize {
    HEAP.stats().in_use
}

/// Writes the attribute and a picture of every chunk. Returns the address of the text.
#[unsafe(no_mangle)]
pub extern "C" fn draw() -> *const u8 {
    let State { text, .. } = &mut *STATE.0.borrow_mut();
    text.clear();
    if text.try_reserve(8 << 10).is_ok() {
        // A string takes everything.
        let _ = write!(text, "{}\n{}\n", HEAP.config(), HEAP.picture());
    }
    text.as_ptr()
}

/// Bytes of the text that was drawn last.
#[unsafe(no_mangle)]
pub extern "C" fn drawn() -> usize {
    STATE.0.borrow().text.len()
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
