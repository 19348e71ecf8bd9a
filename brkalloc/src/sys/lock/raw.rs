//! Any mutex that speaks `lock_api`, as the heap's lock.
//!
//! This module adds nothing to it: what the mutex does to a waiting thread, it does.

use super::Lock;
use crate::diag::report;
use crate::sys::fork;
use core::fmt;
use lock_api::RawMutex;

/// The lock of a heap made of `R`.
///
/// A heap asks two things of a mutex that `lock_api` does not ask:
///
/// - It never allocates from a heap that it locks: not when it is taken, not when a thread waits
///   for it. (`parking_lot` allocates when threads first wait.)
/// - It survives an [`unlock`](RawMutex::unlock) in the child of a `fork`, by the thread that held
///   it in the parent. The other threads of the parent, among them those that waited, are not
///   there. A mutex that is one word and asks the system for nothing else does.
///
/// A mutex that breaks them makes a program hang; it does not make it unsound. One that panics ends
/// the process.
pub struct RawLock<R>(R);

impl<R: RawMutex> RawLock<R> {
    /// A lock that nobody holds.
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

// SAFETY: `RawMutex` promises exclusion, and visibility with it, between all that share `R`, and as
// `R` is `Sync`, threads may. Locking and unlocking are a pair on one thread, which is all that a
// mutex with guards that cannot be sent requires.
unsafe impl<R: RawMutex + Sync> Lock for RawLock<R> {
    type Link = fork::Link;
    /// A heap says the path itself.
    const OPTION: &'static str = "";

    #[inline]
    fn lock(&self) {
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
