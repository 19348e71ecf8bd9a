//! `free` leaves `errno` as it is, whatever happens beneath it: after glibc's `tst-free-errno`.
//!
//! The heap's lock is the worst that a user could name: it changes `errno` whenever it is taken or given back. And the
//! system refuses to take pages back, which a program can make it do by locking them in memory.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::c::{self, KEPT};
use lock_api::{GuardSend, RawMutex};
use spin::mutex::SpinMutex;

/// More than a heap ever has, and less than a pointer spans.
const BEYOND: usize = if usize::BITS == 64 { 1 << 40 } else { isize::MAX as usize - 4096 };

/// A lock that leaves its traces in `errno`.
struct Careless(SpinMutex<()>);

// SAFETY: the lock within keeps the promise.
unsafe impl RawMutex for Careless {
    const INIT: Self = Self(<SpinMutex<()> as RawMutex>::INIT);
    type GuardMarker = GuardSend;

    fn lock(&self) {
        RawMutex::lock(&self.0);
        c::set_errno(libc::EAGAIN);
    }

    fn try_lock(&self) -> bool {
        RawMutex::try_lock(&self.0)
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { RawMutex::unlock(&self.0) };
        c::set_errno(libc::EINTR);
    }
}

#[brk_heap(source = "mmap", trim = "64KiB", lock = Careless, export = "malloc", policy = "first_fit")]
static HEAP: BrkHeap;

/// Frees the block and says what `errno` is then, which was `KEPT`.
fn freed(block: *mut u8) -> i32 {
    c::set_errno(KEPT);
    // SAFETY: each test frees what it was given, once.
    unsafe { c::free(block) };
    c::errno()
}

#[test]
fn a_free_keeps_errno_behind_a_careless_lock() {
    for size in [0, 1, 100, 5000, 70_000, 4 << 20] {
        let block = c::malloc(size);
        assert_ne!(c::errno(), KEPT, "the lock is as careless as it should be");
        assert_eq!(freed(block), KEPT, "{size} bytes");
        assert_eq!(freed(c::aligned_alloc(4096, size)), KEPT, "{size} bytes at a page");
    }
    assert_eq!(freed(core::ptr::null_mut()), KEPT);
    c::set_errno(KEPT);
    let block = c::malloc(10);
    c::set_errno(KEPT);
    // SAFETY: the block is in use, and not used again.
    assert!(unsafe { c::realloc(block, 0) }.is_null());
    assert_eq!(c::errno(), KEPT, "a realloc that frees");
    let block = c::malloc(10);
    c::set_errno(KEPT);
    // SAFETY: the block is in use, with that size, and not used again.
    unsafe { c::free_with(block, None, 10) };
    assert_eq!(c::errno(), KEPT, "a free with a size");
}

#[test]
fn a_free_keeps_errno_when_the_system_refuses_its_pages() {
    const SIZE: usize = 4 << 20;
    const LOCKED: usize = 32 << 10;
    let block = c::malloc(SIZE);
    // The upper half of a large block at the arena's end goes back when it is freed.
    let upper = block.map_addr(|address| (address + SIZE - 2 * LOCKED).next_multiple_of(LOCKED));
    // SAFETY: the pages lie within the block.
    let locked = unsafe { libc::mlock(upper.cast(), LOCKED) };
    assert_eq!(locked, 0, "so little may be locked");
    c::set_errno(0);
    // SAFETY: likewise; nobody reads them.
    let refused = unsafe { libc::madvise(upper.cast(), LOCKED, libc::MADV_DONTNEED) };
    assert_eq!((refused, c::errno()), (-1, libc::EINVAL), "locked pages cannot go back");
    assert_eq!(freed(block), KEPT);
    // SAFETY: the call changes no bytes.
    unsafe { libc::munlockall() };
    assert_eq!(HEAP.check(), Ok(()));
}

#[test]
fn what_is_refused_says_why_behind_a_careless_lock() {
    for (name, ask) in c::EVERY {
        c::set_errno(0);
        assert!(ask(BEYOND).is_null(), "{name}");
        if name != "posix_memalign" {
            assert_eq!(c::errno(), libc::ENOMEM, "{name}");
        }
    }
    c::set_errno(KEPT);
    assert_eq!(c::posix_memalign(64, BEYOND), Err(libc::ENOMEM));
    assert_eq!(c::posix_memalign(64, 100).map(freed), Ok(KEPT));
    c::set_errno(KEPT);
    let block = c::posix_memalign(64, 100);
    assert_eq!(c::errno(), KEPT, "it answers, and leaves `errno` alone");
    assert_eq!(block.map(freed), Ok(KEPT));
}
