//! A lock that needs no system: whoever waits keeps looking.
//!
//! The lock is that of the `spin` crate. What is ours is the waiting: some pauses of the processor,
//! then, where there is a system, the rest of the time slice for whoever else wants to run, which
//! may be the holder. With more threads than cores, one that only looked would burn whole time
//! slices. This module does not sleep and is not fair.

use super::{Lock, RawLock};
use crate::sys::fork;
use spin::RelaxStrategy;
use spin::mutex::SpinMutex;

/// A spinning lock: the default where there is no system.
#[derive(Debug, Default)]
pub struct SpinLock(RawLock<SpinMutex<(), Patience>>);

impl SpinLock {
    /// A lock that nobody holds.
    #[must_use]
    pub const fn new() -> Self {
        Self(RawLock::new())
    }
}

// SAFETY: the lock within keeps both promises.
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

/// What a thread does between two looks at a lock that is held.
struct Patience;

impl Patience {
    /// About as long as a heap takes for one request.
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
