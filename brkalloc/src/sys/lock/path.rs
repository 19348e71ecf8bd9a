//! The lock that an attribute names by its path.
//!
//! ```text
//! HEAP ─ ByPath ─► Raw: Mutex     the only place that requires the user's type to be a mutex
//!   ▲
//! PathLock<HEAP>: Lock            holds for every type
//! ```
//!
//! So a path that leads to something else is one error, at the path. The compiler would refuse a
//! lock that is generic over the user's type wherever the heap is mentioned.
//!
//! [`RawLock`] is the lock; this module adds nothing to it.

use super::{Lock, RawLock};
use crate::sys::fork;
use core::fmt;
use lock_api::RawMutex;

/// The types that `lock = path` may name.
#[diagnostic::on_unimplemented(
    message = "`lock` takes the path of a `lock_api::RawMutex`, and `{Self}` is none",
    label = "not a `lock_api::RawMutex`",
    note = "write `lock = \"os\"` for the system's own mutex, or a path such as `spin::mutex::SpinMutex<()>`"
)]
///
/// # Safety
///
/// An implementor promises of these functions what [`Lock`] asks of its own. They repeat it,
/// because rustc's error would name a supertrait in place of this trait.
pub unsafe trait Mutex: Sized + Sync + 'static {
    /// A lock that nobody holds.
    const UNLOCKED: RawLock<Self>;

    /// Waits until the lock is free and takes it.
    fn lock(lock: &RawLock<Self>);

    /// Releases the lock.
    ///
    /// # Safety
    ///
    /// The caller holds the lock.
    unsafe fn unlock(lock: &RawLock<Self>);
}

// SAFETY: `RawLock` is a `Lock`, and both functions are its own.
#[diagnostic::do_not_recommend]
unsafe impl<R: RawMutex + Sync + 'static> Mutex for R {
    const UNLOCKED: RawLock<Self> = RawLock::new();

    #[inline]
    fn lock(lock: &RawLock<Self>) {
        Lock::lock(lock);
    }

    #[inline]
    unsafe fn unlock(lock: &RawLock<Self>) {
        // SAFETY: the caller holds the lock.
        unsafe { Lock::unlock(lock) };
    }
}

/// The configuration of a heap that names its lock by a path.
pub trait ByPath: 'static {
    /// The type that the path leads to.
    type Raw: Mutex;
}

/// The lock of a heap with the configuration `C`.
pub struct PathLock<C: ByPath>(RawLock<C::Raw>);

impl<C: ByPath> PathLock<C> {
    /// A lock that nobody holds.
    #[must_use]
    pub const fn new() -> Self {
        Self(C::Raw::UNLOCKED)
    }
}

impl<C: ByPath> Default for PathLock<C> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: `Mutex` promises what `Lock` asks, and the two functions are its own.
unsafe impl<C: ByPath> Lock for PathLock<C> {
    type Link = fork::Link;
    /// The heap itself prints the path.
    const OPTION: &'static str = "";

    #[inline]
    fn lock(&self) {
        C::Raw::lock(&self.0);
    }

    #[inline]
    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock, which is the one inside.
        unsafe { C::Raw::unlock(&self.0) };
    }
}

impl<C: ByPath> fmt::Debug for PathLock<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathLock").finish_non_exhaustive()
    }
}
