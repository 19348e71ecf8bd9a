//! Every shared heap is locked across `fork`, so that the child finds the heaps whole and unlocked.
//!
//! A heap embeds a place for this, which depends on its lock. It is the [`Link`] of a list where
//! threads share the lock and the system forks. Otherwise it is nothing, which takes no byte and
//! does nothing. This module only defines the traits; the registry has the list and the handlers.

#[cfg(unix)]
mod registry;
#[cfg(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")))]
mod streams;

use crate::sys::lock::{Guarded, Lock};
use crate::sys::thread::Thread;

#[cfg(unix)]
pub(crate) use registry::Link;
/// Where there is no system, nobody forks.
#[cfg(not(unix))]
pub(crate) type Link = ();

/// Locks across `fork` what the C library locks before it needs a heap: for heaps that are its
/// `malloc`.
#[cfg(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")))]
pub(crate) use streams::hold as hold_streams;
/// Elsewhere, no such locks are known.
#[cfg(not(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static"))))]
pub(crate) fn hold_streams() {}

/// A heap's place among those locked across `fork`.
pub trait Hold: Sync + Sized + 'static {
    /// The place of a heap that is not locked across `fork`.
    const NEW: Self;

    /// Registers `heap`, which embeds this place, to be locked across every later `fork`. A second
    /// call changes nothing.
    ///
    /// The calling thread must hold no heap's lock. The call waits for a fork that is under way,
    /// and the system may call C's `malloc` meanwhile. If another thread forks in the instant
    /// before, in which the heap's first request finds it without memory, the child can inherit
    /// this one heap locked. The global allocator opens before `main`, when there is no such
    /// thread.
    fn hold(&'static self, heap: &'static dyn Held);
}

/// The place of a heap that one thread uses: when that thread forks, nobody is inside the heap.
impl Hold for () {
    const NEW: Self = ();

    #[inline]
    fn hold(&'static self, _heap: &'static dyn Held) {}
}

/// A lock that the handlers can hold across `fork`.
///
/// # Safety
///
/// An implementor promises that [`lock`](Held::lock) returns with its locks held, and waits meanwhile for nobody
/// who waits for another lock.
pub unsafe trait Held: Sync {
    /// Takes the lock, and those behind it.
    ///
    /// # Safety
    ///
    /// As for [`Lock::lock`].
    unsafe fn lock(&self);

    /// Gives the locks back.
    ///
    /// # Safety
    ///
    /// The caller holds the locks: this thread took it, or it is the child of a fork whose parent
    /// thread did. No reference to a guarded value outlives this call.
    unsafe fn unlock(&self);

    /// Tells the value, in the child of a fork, that no other thread exists any more.
    ///
    /// # Safety
    ///
    /// As for [`unlock`](Held::unlock).
    unsafe fn forked(&self, fork: Fork);
}

/// What the child of a fork is told: whose copy it is.
#[derive(Clone, Copy, Debug)]
pub struct Fork {
    /// The number of the process that forked.
    pub(crate) parent: usize,
    /// The number there of the thread that forked.
    pub(crate) before: Thread,
    /// The number of that thread's copy, the one thread of the child.
    pub(crate) now: Thread,
}

/// A guarded value that survives a fork.
pub(crate) trait Survives {
    /// The child of a fork has this value and one thread.
    fn forked(&mut self, _fork: Fork) {}
}

// SAFETY: the lock is the one that guards the value.
unsafe impl<L: Lock, T: Send + Survives> Held for Guarded<L, T> {
    unsafe fn lock(&self) {
        // SAFETY: the caller guarantees it.
        unsafe { Guarded::lock(self) };
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock, and no reference to the value.
        unsafe { Guarded::unlock(self) };
    }

    unsafe fn forked(&self, fork: Fork) {
        // SAFETY: the caller holds the lock, and no reference to the value.
        unsafe { &mut *Guarded::get(self) }.forked(fork);
    }
}
