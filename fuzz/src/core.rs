//! The core: chunks, index and policy of every configuration, beside the slow model.
//!
//! The memory is a slice that ends where the arena ends, so that a sanitizer sees the first byte
//! beyond; or a window of its own, where the case grows. After every operation heap and model have
//! given the same address, no block's bytes have changed, and the heap has checked itself.

use crate::input::Input;
use ::core::alloc::Layout;
use ::core::mem::MaybeUninit;
use ::core::ptr::NonNull;
use brkalloc::__private::{Libc, Mmap, System};
use brkalloc_harness::{beside_model, configurations};
use brkalloc_oracle::cases::Case;
use std::alloc::{alloc, dealloc, handle_alloc_error};
use std::cell::RefCell;

/// By how much an arena grows at least.
pub const GROW: usize = configurations::GROW;

/// How many configurations there are.
const CONFIGURATIONS: usize = 57;

/// The first byte names the configuration, the rest is the case.
///
/// # Panics
///
/// If a promise was broken.
pub fn run(bytes: &[u8]) {
    let mut input = Input(bytes);
    let wanted = input.byte() % CONFIGURATIONS;
    let case = input.case();
    let configurations = configurations::over_source::<Mmap<Returned>>();
    assert_eq!(configurations.len(), CONFIGURATIONS, "each is one of them");
    let mut memory = Memory::new(case.shift + case.arena);
    beside_model::hold(&case, &*configurations[wanted], memory.bytes());
    Returned::release_all();
}

/// Bytes at a multiple of the case's alignment.
///
/// # Invariant
///
/// `start` was allocated with `layout`, and nobody else has it.
struct Memory {
    start: *mut u8,
    layout: Layout,
}

impl Memory {
    fn new(size: usize) -> Self {
        let layout = Layout::from_size_align(size.max(1), Case::BASE_ALIGNMENT);
        let layout = layout.expect("cases are small");
        // SAFETY: the layout has a size.
        let start = unsafe { alloc(layout) };
        if start.is_null() {
            handle_alloc_error(layout);
        }
        Self { start, layout }
    }

    fn bytes(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: by the invariant, the bytes are there, and this borrow's alone; they need not be initialized.
        unsafe { ::core::slice::from_raw_parts_mut(self.start.cast(), self.layout.size()) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: by the invariant.
        unsafe { dealloc(self.start, self.layout) };
    }
}

/// The system, with what it reserved for windows given back after each case: a heap keeps its window for ever,
/// and a process has no room for a million of them.
struct Returned;

thread_local! {
    static RESERVED: RefCell<Vec<(NonNull<u8>, usize)>> = const { RefCell::new(Vec::new()) };
}

impl Returned {
    /// Gives back all that was reserved. No heap over it is left.
    fn release_all() {
        for (address, size) in RESERVED.take() {
            // SAFETY: one call of `reserve` returned it, and the heap that had it is gone.
            unsafe { Libc::release(address, size) };
        }
    }
}

// SAFETY: what is given is the system's, until the heap that has it is gone.
unsafe impl System for Returned {
    fn page_size() -> usize {
        Libc::page_size()
    }

    fn single_threaded() -> bool {
        false
    }

    fn claim_break() -> bool {
        false
    }

    unsafe fn sbrk(_: isize) -> Option<NonNull<u8>> {
        None
    }

    fn reserve(size: usize) -> Option<NonNull<u8>> {
        let address = Libc::reserve(size)?;
        RESERVED.with_borrow_mut(|all| all.push((address, size)));
        Some(address)
    }

    fn reserve_at(_: NonNull<u8>, _: usize) -> Option<NonNull<u8>> {
        None
    }

    unsafe fn protect(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller guarantees the pages.
        unsafe { Libc::protect(address, size) }
    }

    unsafe fn discard(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller guarantees the pages.
        unsafe { Libc::discard(address, size) }
    }

    unsafe fn release(address: NonNull<u8>, size: usize) {
        RESERVED.with_borrow_mut(|all| all.retain(|given| *given != (address, size)));
        // SAFETY: the caller guarantees that nobody uses them.
        unsafe { Libc::release(address, size) };
    }
}
