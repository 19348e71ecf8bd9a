//! A lock that notices a thread that comes again, for a heap whose policy is the user's own.
//!
//! Within a search runs foreign code, and what it does may allocate: a vector, or the message of a
//! panic. Its thread would wait for itself. This lock ends the process with a line instead. Where
//! nothing tells threads apart, it waits.
//!
//! Each of the locks inside excludes already; this module decides nothing but that line.

use super::Lock;
use crate::diag::report::{self, Named};
use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicUsize, Ordering};

/// The lock `L` of the heap of `C`.
pub struct Noticing<C, L> {
    lock: L,
    /// The thread that holds the lock; 0 for none.
    holder: AtomicUsize,
    configuration: PhantomData<fn() -> C>,
}

impl<C, L> Noticing<C, L> {
    /// Returns `lock`, which nobody holds.
    #[must_use]
    pub const fn new(lock: L) -> Self {
        Self { lock, holder: AtomicUsize::new(0), configuration: PhantomData }
    }
}

// SAFETY: the lock inside promises all of it.
unsafe impl<C: Named, L: Lock> Lock for Noticing<C, L> {
    type Link = L::Link;
    const OPTION: &'static str = L::OPTION;

    #[inline]
    unsafe fn lock(&self) {
        let this = this_thread();
        // Only this thread writes its own number, so what another writes meanwhile is none.
        if this != 0 && self.holder.load(Ordering::Relaxed) == this {
            entered_again::<C>();
        }
        // SAFETY: the caller guarantees it, and this lock is released where the one inside is.
        unsafe { self.lock.lock() };
        self.holder.store(this, Ordering::Relaxed);
    }

    #[inline]
    unsafe fn unlock(&self) {
        self.holder.store(0, Ordering::Relaxed);
        // SAFETY: the caller holds the lock, and so the one inside.
        unsafe { self.lock.unlock() };
    }
}

#[cold]
#[inline(never)]
fn entered_again<C: Named>() -> ! {
    let why = "a policy must neither use its own heap nor panic";
    report::fatal_in::<C>(&["entered again while in use: ", why])
}

/// Returns a number that no other thread has while this one runs, and that the thread keeps in the
/// child of a fork; 0 if nothing tells.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "an address, as a number of the same width")]
pub(super) fn this_thread() -> usize {
    #[cfg(unix)]
    // SAFETY: the call has no precondition.
    return unsafe { libc::pthread_self() } as usize;
    #[cfg(not(unix))]
    return 0;
}

impl<C, L> fmt::Debug for Noticing<C, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Noticing").finish_non_exhaustive()
    }
}
