//! Every lock of every heap is held over a fork, so that the child finds the heaps whole and
//! unlocked.
//!
//! What a heap embeds for it depends on its lock: the [`Link`] of a list where threads share the
//! lock and the system forks, else nothing, which takes no byte and does nothing. This module only
//! says so; the list and the handlers are the registry's.

#[cfg(unix)]
mod registry;
#[cfg(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")))]
mod streams;

use crate::sys::lock::{Guarded, Lock};

#[cfg(unix)]
pub(crate) use registry::Link;
/// Where there is no system, nobody forks.
#[cfg(not(unix))]
pub(crate) type Link = ();

/// Has what the C library locks before a heap, and then needs a heap for, held over forks too: for
/// heaps that are its `malloc`.
#[cfg(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")))]
pub(crate) use streams::hold as hold_streams;
/// Elsewhere nothing is known of such locks.
#[cfg(not(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static"))))]
pub(crate) fn hold_streams() {}

/// A heap's place among those held over a fork.
pub trait Hold: Sync + Sized + 'static {
    /// The place of a heap that is not held.
    const NEW: Self;

    /// Has `heap`, which embeds this place, held over every fork from now on. To call it again
    /// changes nothing.
    ///
    /// To be called by a thread that holds no heap's lock. It waits for a fork that is under way,
    /// and the system may call C's `malloc` meanwhile. A fork by another thread in the instant
    /// before, in which the heap's first request finds it without memory, can leave the child with
    /// this one heap locked; the global allocator opens before `main`, where there is no such
    /// thread.
    fn hold(&'static self, heap: &'static dyn Held);
}

/// The place of a heap that one thread uses: if that one forks, nobody is inside.
impl Hold for () {
    const NEW: Self = ();

    #[inline]
    fn hold(&'static self, _heap: &'static dyn Held) {}
}

/// What can be held over a fork.
///
/// # Safety
///
/// An implementor promises that [`lock`](Held::lock) returns with its one lock held, and waits for
/// no other meanwhile.
pub unsafe trait Held: Sync {
    /// Takes the lock.
    fn lock(&self);

    /// Gives the lock back.
    ///
    /// # Safety
    ///
    /// The caller holds it: this thread took it, or it is the child of a fork whose parent thread
    /// did. No reference to what it guards outlives this call.
    unsafe fn unlock(&self);
}

// SAFETY: the lock is the one that guards the value.
unsafe impl<L: Lock, T: Send> Held for Guarded<L, T> {
    fn lock(&self) {
        Guarded::lock(self);
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock, and no reference to the value.
        unsafe { Guarded::unlock(self) };
    }
}
