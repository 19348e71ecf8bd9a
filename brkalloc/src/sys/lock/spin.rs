//! A lock that needs no system: a thread that waits spins.
//!
//! The lock comes from the `spin` crate; the waiting is ours. A thread pauses the processor a few
//! times between two looks. Where there is a system, it yields the rest of its time slice, perhaps to
//! the holder: with more threads than cores, a thread that only spun would burn whole time slices.
//! After some looks it sleeps for a moment: to a holder of a lower priority, a real-time thread that
//! yields leaves nothing. This module is not fair.

use super::Lock;
use crate::sys::fork;
use lock_api::RawMutex;
use spin::mutex::SpinMutex;

/// A spinning lock: the default where there is no system.
#[derive(Debug, Default)]
pub struct SpinLock(SpinMutex<()>);

impl SpinLock {
    /// Returns a lock that nobody holds.
    #[must_use]
    pub const fn new() -> Self {
        Self(SpinMutex::new(()))
    }

    #[cold]
    fn wait_and_hold(&self) {
        let mut looks = 0;
        loop {
            relax(looks);
            looks += u32::from(looks < LOOKS);
            if !RawMutex::is_locked(&self.0) && RawMutex::try_lock(&self.0) {
                return;
            }
        }
    }
}

// SAFETY: the inner lock keeps both promises.
unsafe impl Lock for SpinLock {
    type Link = fork::Link;
    const OPTION: &'static str = "lock = \"spin\"";

    #[inline]
    unsafe fn lock(&self) {
        if !RawMutex::try_lock(&self.0) {
            self.wait_and_hold();
        }
    }

    #[inline]
    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { RawMutex::unlock(&self.0) };
    }
}

/// How often a thread looks before it sleeps.
const LOOKS: u32 = 64;

/// Pauses between two looks: about the time of one request.
const PAUSES: u32 = 32;

/// Waits between two looks at a lock that is held.
fn relax(looks: u32) {
    for _ in 0..PAUSES {
        core::hint::spin_loop();
    }
    #[cfg(unix)]
    if looks < LOOKS {
        // SAFETY: the call has no precondition.
        let _ = unsafe { libc::sched_yield() };
    } else {
        sleep();
    }
    #[cfg(not(unix))]
    let _ = looks;
}

/// Sleeps for a moment.
#[cfg(unix)]
fn sleep() {
    let _kept = crate::diag::errno::keep();
    let moment = libc::timespec { tv_sec: 0, tv_nsec: 50_000 };
    // SAFETY: the call reads the time, and writes nothing.
    let _ = unsafe { libc::nanosleep(&raw const moment, core::ptr::null_mut()) };
}
