//! The lock of Windows that sleeps: one word, without anything to be made or unmade.

use core::cell::UnsafeCell;
use core::fmt;
use windows_sys::Win32::System::Threading::{
    AcquireSRWLockExclusive, ReleaseSRWLockExclusive, SRWLOCK, SRWLOCK_INIT,
};

/// A slim reader/writer lock, of which only writers take part.
pub(super) struct Srw(UnsafeCell<SRWLOCK>);

// SAFETY: the system's functions are for all threads.
unsafe impl Send for Srw {}
// SAFETY: as above; nothing else reads or writes the word.
unsafe impl Sync for Srw {}

impl Srw {
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(SRWLOCK_INIT))
    }

    #[inline]
    pub(super) fn lock(&self) {
        // SAFETY: the word is a lock that was initialized, and stays where it is while it is borrowed.
        unsafe { AcquireSRWLockExclusive(self.0.get()) };
    }

    /// # Safety
    ///
    /// The caller holds the lock.
    #[inline]
    pub(super) unsafe fn unlock(&self) {
        // SAFETY: the caller holds it.
        unsafe { ReleaseSRWLockExclusive(self.0.get()) };
    }
}

impl fmt::Debug for Srw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Srw").finish_non_exhaustive()
    }
}
