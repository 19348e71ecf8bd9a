//! A lock for programs that interrupts share: the critical section that the program chose.
//!
//! The crate `critical-section` has the functions; the program's HAL provides them, for one core by
//! disabling interrupts, for several by a lock besides. They also nest, which a heap must not: the
//! flag ends the process when a walk's closure allocates.
//!
//! Where a process forks, a section of the user's own that allocates from a heap with another lock may wait
//! for the fork, which waits for the section: no program for Unix has a use for this lock beside tests.

use super::Lock;
use crate::diag::report;
use crate::sys::fork;
use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use critical_section::RestoreState;

/// A critical section for each request.
///
/// # Invariant
///
/// `restore` is only accessed within the critical section that `entered` tells of.
pub struct CriticalSection {
    entered: AtomicBool,
    /// What the section that is entered gives back at its end.
    restore: UnsafeCell<RestoreState>,
}

// SAFETY: by the invariant, one thread or interrupt at a time accesses the state.
unsafe impl Sync for CriticalSection {}

impl CriticalSection {
    /// Returns a lock that nobody holds.
    #[must_use]
    pub const fn new() -> Self {
        let restore = UnsafeCell::new(RestoreState::invalid());
        Self { entered: AtomicBool::new(false), restore }
    }
}

impl Default for CriticalSection {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: a critical section excludes all others, and orders what happens in them; where it nests, the
// second `lock` does not return.
unsafe impl Lock for CriticalSection {
    type Link = fork::Link;
    const OPTION: &'static str = "lock = \"critical_section\"";

    #[inline]
    unsafe fn lock(&self) {
        // SAFETY: the caller releases the lock on this thread, and what it locks meanwhile before; a section of
        // the program's own ends within the closure that began it.
        let state = unsafe { critical_section::acquire() };
        if self.entered.load(Relaxed) {
            entered_again();
        }
        self.entered.store(true, Relaxed);
        // SAFETY: this section is the one that is entered.
        unsafe { *self.restore.get() = state };
    }

    #[inline]
    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock, so its section is the one that is entered.
        let state = unsafe { *self.restore.get() };
        self.entered.store(false, Relaxed);
        // SAFETY: it is the state of the section that `lock` acquired, on this thread.
        unsafe { critical_section::release(state) };
    }
}

#[cold]
#[inline(never)]
fn entered_again() -> ! {
    report::fatal("a heap with lock = \"critical_section\"", &["entered again while in use"])
}

impl fmt::Debug for CriticalSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CriticalSection").field("entered", &self.entered).finish_non_exhaustive()
    }
}
