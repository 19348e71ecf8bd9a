//! The end of a thread, for heaps that are not C's `malloc`.

use super::{PerThread, ThreadCache};
use core::fmt;
use core::marker::PhantomData;

/// The value of a thread-local of its own, whose destructor gives back the thread's cache when the
/// thread ends.
pub struct ThreadEnd<C: PerThread>(PhantomData<fn() -> C>);

impl<C: PerThread> ThreadEnd<C> {
    /// Returns a value that the thread drops when it ends.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<C: PerThread> Default for ThreadEnd<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: PerThread> Drop for ThreadEnd<C> {
    fn drop(&mut self) {
        super::with(ThreadCache::<C>::end);
    }
}

impl<C: PerThread> fmt::Debug for ThreadEnd<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadEnd").finish_non_exhaustive()
    }
}
