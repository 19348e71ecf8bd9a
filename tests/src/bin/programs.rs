//! A program on the heap that its first argument names, from the process's very first allocation on:
//! `programs HEAP`, or `programs HEAP FORKS` for as many forks beside threads.
//!
//! One executable has all these heaps, of which it opens one: an executable each would take minutes to compile. The most
//! common heaps have one all the same (`global_*`, `forks_os`), as users have.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::{StaticHeap, forks, program};
use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::process::ExitCode;

/// What a program asks of its heap, and what the process does.
trait Heap: StaticHeap + GlobalAlloc {}
impl<H: StaticHeap + GlobalAlloc> Heap for H {}

macro_rules! heaps {
    ($($name:ident $options:tt)+) => {
        $(#[brk_heap $options] static $name: BrkHeap;)+
        static HEAPS: &[(&str, &dyn Heap)] = &[$((stringify!($name), &$name)),+];
    };
}

heaps! {
    FIRST_FIT_LIST(policy = "first_fit", order = "address", index = "list")
    NEXT_FIT_TREE(policy = "next_fit", index = "tree")
    NEXT_FIT_LATE(policy = "next_fit", order = "fifo", coalesce = "deferred")
    BEST_FIT_TREE(policy = "best_fit", arena = "1MiB")
    BEST_FIT_STACK(policy = "best_fit", order = "lifo", index = "list")
    WORST_FIT_SPIN(policy = "worst_fit", lock = "spin")
    WORST_FIT_APART(policy = "worst_fit", coalesce = "never")
    BINS(policy = "segregated_fit")
    BINS_SPIN(policy = "segregated_fit", lock = "spin")
    BINS_LATE(policy = "segregated_fit", order = "address", coalesce = "deferred")
    FULL(harden = "full", quarantine = "64KiB", cache = "256KiB", large = "64KiB")
    FULL_CHUNKS(harden = "full", zero = "free", policy = "best_fit")
    LIMITED(limit = "64MiB", trim = "never", harden = "none", policy = "best_fit")
    BY_PATH(lock = ::spin::mutex::SpinMutex<()>)
    BY_PATH_LATE(lock = spin::mutex::SpinMutex<()>, source = "mmap", coalesce = "deferred")
    SMALL_CACHE(cache = "64KiB")
}

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
