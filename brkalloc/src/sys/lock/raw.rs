//! Any mutex with `lock_api`, as the heap's lock.
//!
//! This module adds nothing to it; a waiting thread does what the mutex makes it do.

use super::Lock;
use crate::diag::report;
use crate::sys::fork;
use core::fmt;
use lock_api::RawMutex;

/// The lock of a heap, made from `R`.
///
/// A heap needs three things of a mutex that `lock_api` does not require:
///
/// - It never allocates from a heap that it locks: neither when a thread takes it nor when one
///   waits for it. (`parking_lot` allocates when threads first wait.)
/// - It survives an [`unlock`](RawMutex::unlock) in the child of a `fork`, by the thread that held
///   it in the parent. The other threads of the parent, among them those that waited, are not
///   there. A mutex that is one word and uses nothing else of the system does.
/// - Each value is a lock of its own: a heap with a cache takes one while it holds another.
///
/// A mutex without them can make a program deadlock, but not unsound. One that panics ends the
/// process.
pub struct RawLock<R>(R);

impl<R: RawMutex> RawLock<R> {
    /// Returns a lock that nobody holds.
    #[must_use]
    pub const fn new() -> Self {
        Self(R::INIT)
    }
}

impl<R: RawMutex> Default for RawLock<R> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: `RawMutex` promises exclusion, and visibility with it, between all that share `R`; as `R`
// is `Sync`, threads may share it. Locking and unlocking are a pair on one thread, which is all
// that a mutex with guards that are not `Send` requires.
unsafe impl<R: RawMutex + Sync> Lock for RawLock<R> {
    type Link = fork::Link;
    /// The heap itself prints the path.
    const OPTION: &'static str = "";

    #[inline]
    unsafe fn lock(&self) {
        report::without_unwinding(|| "a lock_api mutex", || self.0.lock());
    }

    #[inline]
    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock.
        report::without_unwinding(|| "a lock_api mutex", || unsafe { self.0.unlock() });
    }
}

impl<R> fmt::Debug for RawLock<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawLock").finish_non_exhaustive()
    }
}
