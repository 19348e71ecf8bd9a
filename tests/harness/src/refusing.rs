//! The system as the C library offers it, but for the calls that are to be refused: of `sbrk`, `mmap`, `munmap`, `mremap`, `mprotect`
//! and `madvise`, counted together.

use brkalloc::__private::{Libc, System};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Calls so far.
pub static CALLS: AtomicUsize = AtomicUsize::new(0);
/// The first call that is refused, counted from 1.
pub static FIRST: AtomicUsize = AtomicUsize::new(0);
/// How many are refused from there on.
pub static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Counts a call; whether it is granted.
fn is_granted() -> bool {
    let call = CALLS.fetch_add(1, Relaxed) + 1;
    let first = FIRST.load(Relaxed);
    call < first || first + COUNT.load(Relaxed) <= call
}

/// That system.
pub struct Refusing;

// SAFETY: what is given, `Libc` gives; a call that is refused does nothing.
unsafe impl System for Refusing {
    fn page_size() -> usize {
        Libc::page_size()
    }

    fn single_threaded() -> bool {
        Libc::single_threaded()
    }

    fn claim_break() -> bool {
        Libc::claim_break()
    }

    unsafe fn sbrk(increment: isize) -> Option<NonNull<u8>> {
        // SAFETY: the caller vouches for the same.
        if is_granted() { unsafe { Libc::sbrk(increment) } } else { None }
    }

    fn reserve(size: usize) -> Option<NonNull<u8>> {
        if is_granted() { Libc::reserve(size) } else { None }
    }

    fn reserve_at(address: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        if is_granted() { Libc::reserve_at(address, size) } else { None }
    }

    unsafe fn protect(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller vouches for the same.
        is_granted() && unsafe { Libc::protect(address, size) }
    }

    unsafe fn discard(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller vouches for the same.
        is_granted() && unsafe { Libc::discard(address, size) }
    }

    fn map(size: usize) -> Option<NonNull<u8>> {
        if is_granted() { Libc::map(size) } else { None }
    }

    unsafe fn remap(
        address: NonNull<u8>,
        size: usize,
        target: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller vouches for the same.
        if is_granted() { unsafe { Libc::remap(address, size, target, may_move) } } else { None }
    }

    unsafe fn release(address: NonNull<u8>, size: usize) {
        // SAFETY: the caller vouches for the same.
        unsafe { Libc::release(address, size) };
    }

    unsafe fn unmap(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller vouches for the same.
        is_granted() && unsafe { Libc::unmap(address, size) }
    }
}
