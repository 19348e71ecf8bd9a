//! How threads share a heap.
//!
//! A lock is a value of its own in front of the heap, not a wrapper around it. So the same heap
//! runs behind any lock, and the fork handlers can hold the lock across a fork. Only [`Guarded`]
//! joins the two. Nothing here allocates. No lock is fair, and a thread that locks twice waits for
//! itself.

#[cfg(not(all(any(unix, windows), target_has_atomic = "8", feature = "critical-section")))]
mod absent;
#[cfg(feature = "critical-section")]
mod critical_section;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod futex;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod kernel;
mod noticing;
#[cfg(any(unix, windows))]
mod os;
mod path;
#[cfg(all(unix, any(test, not(any(target_os = "linux", target_os = "android")))))]
mod pthread;
mod raw;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) mod single_threaded;
#[cfg(target_has_atomic = "8")]
mod spin;
#[cfg(windows)]
mod srw;
#[cfg(test)]
mod tests;
mod unlocked;

#[cfg(not(feature = "critical-section"))]
pub use absent::Absent as CriticalSection;
#[cfg(not(any(unix, windows)))]
pub use absent::Absent as OsLock;
#[cfg(not(target_has_atomic = "8"))]
pub use absent::Absent as SpinLock;
#[cfg(feature = "critical-section")]
pub use critical_section::CriticalSection;
pub use noticing::Noticing;
#[cfg(any(unix, windows))]
pub use os::OsLock;
pub use path::{ByPath, Mutex, PathLock};
pub use raw::RawLock;
#[cfg(target_has_atomic = "8")]
pub use spin::SpinLock;
pub use unlocked::Unlocked;

use crate::sys::fork::Hold;
use core::cell::UnsafeCell;
use core::fmt;

/// The lock of a heap that names none.
#[cfg(any(unix, windows))]
pub type DefaultLock = OsLock;
/// The lock of a heap that names none.
#[cfg(not(any(unix, windows)))]
pub type DefaultLock = SpinLock;

/// Mutual exclusion between the threads that use one heap.
///
/// # Safety
///
/// An implementor promises two things. Between a return of [`lock`](Lock::lock) and the matching
/// [`unlock`](Lock::unlock), no other call of `lock` on the same value returns. Everything that
/// happened before an `unlock` is visible after the next `lock`.
pub unsafe trait Lock: Sync {
    /// The place that a heap with this lock embeds to be locked across a fork: `fork::Link` if
    /// threads can share the lock, otherwise `()`.
    type Link: Hold;

    /// The option that selects this lock, as an attribute spells it.
    const OPTION: &'static str;

    /// Waits until the lock is free and takes it. Never allocates.
    ///
    /// # Safety
    ///
    /// The caller releases the lock on this thread, and whatever it locks meanwhile before: locks nest, as
    /// critical sections have to.
    unsafe fn lock(&self);

    /// Releases the lock.
    ///
    /// # Safety
    ///
    /// The caller holds the lock: this thread took it, or it is the child of a fork whose parent
    /// thread did.
    unsafe fn unlock(&self);

    /// Takes the lock as [`lock`](Lock::lock) does, for code that runs nothing of the user's.
    ///
    /// # Safety
    ///
    /// As for `lock`; and until the caller [leaves](Lock::leave), this thread runs the crate's own code only.
    #[inline(always)]
    unsafe fn enter(&self) {
        // SAFETY: the caller guarantees it.
        unsafe { self.lock() };
    }

    /// Releases the lock that [`enter`](Lock::enter) took.
    ///
    /// # Safety
    ///
    /// The caller has entered, on this thread.
    #[inline(always)]
    unsafe fn leave(&self) {
        // SAFETY: the caller guarantees it.
        unsafe { self.unlock() };
    }
}

/// A value behind a lock.
///
/// # Invariant
///
/// The value is only accessed while the lock is held.
pub(crate) struct Guarded<L, T> {
    lock: L,
    value: UnsafeCell<T>,
}

// SAFETY: a `Lock` is for all threads and lets one at a time to the value, so the value is in
// effect sent from one to the next.
unsafe impl<L: Lock, T: Send> Sync for Guarded<L, T> {}

impl<L, T> Guarded<L, T> {
    /// Returns `value` behind `lock`, which nobody holds.
    pub(crate) const fn new(lock: L, value: T) -> Self {
        Self { lock, value: UnsafeCell::new(value) }
    }

    /// Returns a pointer to the value, for access while the lock is held.
    #[inline]
    pub(crate) const fn get(&self) -> *mut T {
        self.value.get()
    }
}

impl<L: Lock, T> Guarded<L, T> {
    /// Calls `f` with the value under the lock, and releases the lock even if `f` panics.
    #[inline(always)]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: `_release` is dropped last, behind all that `f` locks and releases.
        unsafe { self.lock() };
        let _release = Release(&self.lock);
        // SAFETY: the lock is held until `_release` is dropped, after `f`; until then nobody else
        // gets here.
        let value = unsafe { &mut *self.value.get() };
        f(value)
    }

    /// Calls `f` with the value under the lock, as [`with`](Guarded::with) does, for code that runs nothing
    /// of the user's.
    ///
    /// # Safety
    ///
    /// `f` runs the crate's own code only.
    #[inline(always)]
    pub(crate) unsafe fn with_own<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: `_leave` is dropped last, behind all that `f` locks and releases; the caller guarantees
        // what `f` runs.
        unsafe { self.lock.enter() };
        let _leave = Leave(&self.lock);
        // SAFETY: the lock is held until `_leave` is dropped, after `f`; until then nobody else gets here.
        let value = unsafe { &mut *self.value.get() };
        f(value)
    }

    /// Takes the lock, which [`unlock`](Guarded::unlock) releases.
    ///
    /// # Safety
    ///
    /// As for [`Lock::lock`].
    #[inline]
    pub(crate) unsafe fn lock(&self) {
        // SAFETY: the caller guarantees it.
        unsafe { self.lock.lock() };
    }

    /// Releases the lock.
    ///
    /// # Safety
    ///
    /// As for [`Lock::unlock`]; and no reference to the value outlives this call.
    #[inline]
    pub(crate) unsafe fn unlock(&self) {
        // SAFETY: the caller guarantees it.
        unsafe { self.lock.unlock() };
    }
}

impl<L, T> fmt::Debug for Guarded<L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}

/// Releases a lock when dropped.
struct Release<'a, L: Lock>(&'a L);

impl<L: Lock> Drop for Release<'_, L> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `with` took the lock, on this thread.
        unsafe { self.0.unlock() };
    }
}

/// Leaves a lock when dropped.
struct Leave<'a, L: Lock>(&'a L);

impl<L: Lock> Drop for Leave<'_, L> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `with_own` entered, on this thread.
        unsafe { self.0.leave() };
    }
}
