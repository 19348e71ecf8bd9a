//! The system's own lock: a thread that has to wait sleeps, and leaves its core to the one it waits
//! for.
//!
//! On Linux and Android that is a futex ([`futex`](super::futex)), on every other Unix a pthread
//! mutex (`pthread`). This module only picks.

use super::Lock;
#[cfg(any(target_os = "linux", target_os = "android"))]
use super::futex::Futex as Native;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use super::pthread::Pthread as Native;
use crate::sys::fork;

/// The lock that the system offers: the default where there is one.
///
/// Not fair, not reentrant. Where it is a pthread mutex it must stay, once it was used, at its
/// place, as the lock of a static does; to lock it elsewhere ends the process.
#[derive(Debug)]
pub struct OsLock(Native);

impl OsLock {
    /// A lock that nobody holds.
    #[must_use]
    pub const fn new() -> Self {
        Self(Native::new())
    }
}

impl Default for OsLock {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: the lock within keeps both promises.
unsafe impl Lock for OsLock {
    type Link = fork::Link;
    const OPTION: &'static str = "lock = \"os\"";

    #[inline]
    fn lock(&self) {
        self.0.lock();
    }

    #[inline]
    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { self.0.unlock() };
    }
}
