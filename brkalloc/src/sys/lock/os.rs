//! The system's own lock: a thread that waits sleeps, and leaves its core to the thread that it
//! waits for.
//!
//! On Linux and Android this is a futex ([`futex`](super::futex)), on every other Unix a pthread
//! mutex (`pthread`), on Windows a slim lock (`srw`). This module only selects.

use super::Lock;
#[cfg(any(target_os = "linux", target_os = "android"))]
use super::futex::Futex as Native;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
use super::pthread::Pthread as Native;
#[cfg(windows)]
use super::srw::Srw as Native;
use crate::sys::fork;

/// The system's lock: the default where there is one.
///
/// It is not fair and not reentrant. A pthread mutex must stay where it was first used, as the lock
/// of a static does; locking it elsewhere ends the process.
#[derive(Debug)]
pub struct OsLock(Native);

impl OsLock {
    /// Returns a lock that nobody holds.
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

// SAFETY: the inner lock keeps both promises.
unsafe impl Lock for OsLock {
    type Link = fork::Link;
    const OPTION: &'static str = "lock = \"os\"";

    #[inline]
    unsafe fn lock(&self) {
        self.0.lock();
    }

    #[inline]
    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { self.0.unlock() };
    }
}
