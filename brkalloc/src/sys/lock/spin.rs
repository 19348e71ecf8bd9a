//! A lock that needs no system: a thread that waits spins.
//!
//! The lock comes from the `spin` crate; the waiting is ours. A thread pauses the processor a few
//! times, then, where there is a system, yields the rest of its time slice, perhaps to the holder.
//! With more threads than cores, a thread that only spun would burn whole time slices. This module
//! does not sleep and is not fair.

use super::{Lock, RawLock};
use crate::sys::fork;
use spin::RelaxStrategy;
use spin::mutex::SpinMutex;

/// A spinning lock: the default where there is no system.
#[derive(Debug, Default)]
pub struct SpinLock(RawLock<SpinMutex<(), Patience>>);

impl SpinLock {
    /// Returns a lock that nobody holds.
    #[must_use]
    pub const fn new() -> Self {
        Self(RawLock::new())
    }
}

// SAFETY: the inner lock keeps both promises.
unsafe impl Lock for SpinLock {
    type Link = fork::Link;
    const OPTION: &'static str = "lock = \"spin\"";

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

/// The wait of a thread between two looks at a lock that is held.
struct Patience;

impl Patience {
    /// About the time of one request.
    const PAUSES: u32 = 32;
}

impl RelaxStrategy for Patience {
    #[cold]
    fn relax() {
        for _ in 0..Self::PAUSES {
            core::hint::spin_loop();
        }
        #[cfg(unix)]
        // SAFETY: the call has no precondition.
        let _ = unsafe { libc::sched_yield() };
    }
}
