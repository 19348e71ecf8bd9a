//! A pthread mutex that stays where it was first used.
//!
//! POSIX allows a mutex only at the address where it was initialized, while safe code may move a
//! Rust value. So the lock notes its address when it is first taken, and a moved lock ends the
//! process instead of running into what POSIX leaves undefined. So does a mutex that reports an
//! error, as some systems do to a thread that waits for itself.
//!
//! Some C libraries allocate the state of a statically initialized mutex when it is first locked,
//! by their own `malloc`. This module does not prevent that; a heap that is that `malloc` needs
//! another lock there.

use crate::diag::report;
use core::cell::UnsafeCell;
use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

/// A mutex of the C library.
///
/// # Invariant
///
/// `home` is 0 until the mutex is first locked, and from then on the address where that happened.
/// Only at that address does the C library get the mutex.
pub(super) struct Pthread {
    mutex: UnsafeCell<libc::pthread_mutex_t>,
    home: AtomicUsize,
}

// SAFETY: a mutex is made for many threads, and `home` is atomic.
unsafe impl Sync for Pthread {}
// SAFETY: a mutex that nobody borrows is not locked, or is locked for good; see `home`.
unsafe impl Send for Pthread {}

impl Pthread {
    pub(super) const fn new() -> Self {
        Self { mutex: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER), home: AtomicUsize::new(0) }
    }

    #[inline]
    pub(super) fn lock(&self) {
        if self.home.load(Ordering::Relaxed) != self.here() {
            self.settle();
        }
        // SAFETY: the mutex is initialized, and by the invariant it is at its place.
        if unsafe { libc::pthread_mutex_lock(self.mutex.get()) } != 0 {
            fail("a mutex could not be locked: by a thread that holds it already?");
        }
    }

    /// # Safety
    ///
    /// The caller holds the lock.
    #[inline]
    pub(super) unsafe fn unlock(&self) {
        if self.home.load(Ordering::Relaxed) != self.here() {
            fail(MOVED);
        }
        // SAFETY: the mutex is at its place, and the caller holds it.
        if unsafe { libc::pthread_mutex_unlock(self.mutex.get()) } != 0 {
            fail("a mutex could not be unlocked");
        }
    }

    #[inline]
    fn here(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// Notes the address of a lock that is taken for the first time.
    #[cold]
    fn settle(&self) {
        let here = self.here();
        let noted = self.home.compare_exchange(0, here, Ordering::Relaxed, Ordering::Relaxed);
        if noted.is_err_and(|home| home != here) {
            fail(MOVED);
        }
    }
}

const MOVED: &str = "a mutex was moved after its first use";

#[cold]
fn fail(what: &str) -> ! {
    report::fatal("os lock", &[what])
}

impl fmt::Debug for Pthread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pthread").finish_non_exhaustive()
    }
}
