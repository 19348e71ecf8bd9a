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
//! [`RawLock`] is the lock. This module adds that a lock which allocates ends the process with a line:
//! the request within would wait for its own thread, or call itself for ever. Two words say which
//! thread entered last, and which one holds the lock. Others may overwrite the first meanwhile; then
//! the next request within notices.

use super::noticing::this_thread;
use super::{Lock, RawLock};
use crate::diag::report::{self, Named};
use crate::sys::fork;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
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
    ///
    /// # Safety
    ///
    /// As for [`Lock::lock`].
    unsafe fn lock(lock: &RawLock<Self>);

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
    unsafe fn lock(lock: &RawLock<Self>) {
        // SAFETY: the caller guarantees it.
        unsafe { Lock::lock(lock) };
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
pub struct PathLock<C: ByPath> {
    lock: RawLock<C::Raw>,
    /// The thread that entered last; 0 for none.
    entering: AtomicUsize,
    /// The thread that holds the lock, until its release has returned; 0 for none.
    holder: AtomicUsize,
}

impl<C: ByPath> PathLock<C> {
    /// A lock that nobody holds.
    #[must_use]
    pub const fn new() -> Self {
        let (entering, holder) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { lock: C::Raw::UNLOCKED, entering, holder }
    }
}

impl<C: ByPath> Default for PathLock<C> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: `Mutex` promises what `Lock` asks, and the two functions are its own.
unsafe impl<C: ByPath + Named> Lock for PathLock<C> {
    type Link = fork::Link;
    /// The heap itself prints the path.
    const OPTION: &'static str = "";

    #[inline]
    unsafe fn lock(&self) {
        let this = this_thread();
        // Only this thread writes its own number, so what others write meanwhile is none.
        let is_within = |word: &AtomicUsize| word.load(Ordering::Relaxed) == this;
        let is_again = is_within(&self.entering) || is_within(&self.holder);
        if this != 0 && is_again {
            entered_again::<C>();
        }
        self.entering.store(this, Ordering::Relaxed);
        // SAFETY: the caller guarantees it of this lock, which is released where the one inside is.
        unsafe { C::Raw::lock(&self.lock) };
        self.entering.store(0, Ordering::Relaxed);
        self.holder.store(this, Ordering::Relaxed);
    }

    #[inline]
    unsafe fn unlock(&self) {
        let this = self.holder.load(Ordering::Relaxed);
        // In the child of a fork, whoever else entered is gone, and its number may be another's soon.
        self.entering.store(this, Ordering::Relaxed);
        // SAFETY: the caller holds the lock, which is the one inside.
        unsafe { C::Raw::unlock(&self.lock) };
        self.entering.store(0, Ordering::Relaxed);
        // Another thread may hold it by now.
        if self.holder.load(Ordering::Relaxed) == this {
            self.holder.store(0, Ordering::Relaxed);
        }
    }
}

/// Ends the process: the lock was asked for within its own function.
#[cold]
#[inline(never)]
fn entered_again<C: Named>() -> ! {
    let who = "its lock, or a closure that it calls, allocates from it";
    let instead = "write lock = \"os\", which never does";
    report::fatal_in::<C>(&["entered again while in use: ", who, "; ", instead])
}

impl<C: ByPath> fmt::Debug for PathLock<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathLock").finish_non_exhaustive()
    }
}
