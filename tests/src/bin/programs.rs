//! A program on the heap that its first argument names, from the process's very first allocation on:
//! `programs HEAP`, or `programs HEAP FORKS` for as many forks beside threads.
//!
//! One executable has all these heaps, of which it opens one: an executable each would take minutes to compile. The most
//! common heaps have one all the same (`global_*`, `forks_os`), as users have.

use brkalloc_harness::heaps::{HEAPS, Heap};
use brkalloc_harness::{forks, program};
use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::process::ExitCode;

/// Where the heap stands in the list, counted from 1; 0 before the first allocation.
static CHOSEN: AtomicUsize = AtomicUsize::new(0);

/// The heap that the first argument names.
fn chosen() -> &'static dyn Heap {
    let place = match CHOSEN.load(Relaxed) {
        0 => choose(),
        chosen => chosen - 1,
    };
    HEAPS[place].1
}

/// Reads the process's arguments, which std does not have yet; nothing is allocated for it.
fn choose() -> usize {
    let mut text = [0_u8; 4096];
    // SAFETY: it is a C string.
    let file = unsafe { libc::open(c"/proc/self/cmdline".as_ptr(), libc::O_RDONLY) };
    // SAFETY: the text has room for as many bytes.
    let length = unsafe { libc::read(file, text.as_mut_ptr().cast(), text.len()) };
    // SAFETY: it was opened here.
    unsafe { libc::close(file) };
    let text = text.get(..usize::try_from(length).unwrap_or(0)).unwrap_or_default();
    let name = text.split(|byte| *byte == 0).nth(1).unwrap_or_default();
    let place = HEAPS.iter().position(|(known, _)| known.as_bytes() == name);
    // Whoever names no heap is told so in `main`, from the first one's memory.
    let place = place.unwrap_or(0);
    CHOSEN.store(place + 1, Relaxed);
    place
}

struct Chosen;

#[global_allocator]
static GLOBAL: Chosen = Chosen;

// SAFETY: each heap is an allocator, and the process has one of them from beginning to end.
unsafe impl GlobalAlloc for Chosen {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller guarantees the layout.
        unsafe { chosen().alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: likewise.
        unsafe { chosen().alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller guarantees the block.
        unsafe { chosen().dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: likewise.
        unsafe { chosen().realloc(block, layout, size) }
    }
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let (known, heap) = HEAPS[CHOSEN.load(Relaxed) - 1];
    assert_eq!(name, known, "no such heap");
    if let Some(count) = words.next() {
        return forks::run(heap, count.parse().expect("a number of forks"));
    }
    program::run(heap);
    ExitCode::SUCCESS
}
