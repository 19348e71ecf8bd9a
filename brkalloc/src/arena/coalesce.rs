//! When free neighbors merge.
//!
//! The choice is a type, so that only a heap that defers merging pays for its flag.

/// When free neighbors merge.
///
/// Only [`Immediate`], [`Deferred`] and [`Never`] implement it.
pub trait Coalesce: sealed::Sealed + 'static {
    /// The word that names the choice in an attribute.
    const NAME: &'static str;
    /// Whether free neighbors ever merge.
    #[doc(hidden)]
    const MERGES: bool;
    /// Whether a freed chunk merges at once.
    #[doc(hidden)]
    const AT_ONCE: bool;
    /// The state before the first free.
    #[doc(hidden)]
    const NEW: Self;
    /// Keeps a byte about the block served last, for heaps where it may wait to be served again.
    #[doc(hidden)]
    fn note_last(&mut self, _: u8) {}
    /// Returns the byte that was kept.
    #[doc(hidden)]
    fn last(&self) -> u8 {
        0
    }
    /// Notes a free.
    #[doc(hidden)]
    fn note_free(&mut self);
    /// Whether any free came since the last call, for heaps that merge in passes.
    #[doc(hidden)]
    fn take_due(&mut self) -> bool;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Immediate {}
    impl Sealed for super::Deferred {}
    impl Sealed for super::Never {}
}

/// A freed chunk merges with its free neighbors at once (Knuth 1973, by boundary tags).
#[derive(Clone, Copy, Debug)]
pub struct Immediate {
    last: u8,
}

/// One pass merges all free neighbors, when a search has failed.
#[derive(Clone, Copy, Debug)]
pub struct Deferred {
    due: bool,
}

/// Free neighbors never merge: the textbook's first heap.
#[derive(Clone, Copy, Debug)]
pub struct Never;

impl Coalesce for Immediate {
    const NAME: &'static str = "immediate";
    const MERGES: bool = true;
    const AT_ONCE: bool = true;
    const NEW: Self = Self { last: 0 };
    #[inline]
    fn note_last(&mut self, last: u8) {
        self.last = last;
    }
    #[inline]
    fn last(&self) -> u8 {
        self.last
    }
    #[inline]
    fn note_free(&mut self) {}
    #[inline]
    fn take_due(&mut self) -> bool {
        false
    }
}

impl Coalesce for Deferred {
    const NAME: &'static str = "deferred";
    const MERGES: bool = true;
    const AT_ONCE: bool = false;
    const NEW: Self = Self { due: false };
    #[inline]
    fn note_free(&mut self) {
        self.due = true;
    }
    #[inline]
    fn take_due(&mut self) -> bool {
        core::mem::replace(&mut self.due, false)
    }
}

impl Coalesce for Never {
    const NAME: &'static str = "never";
    const MERGES: bool = false;
    const AT_ONCE: bool = false;
    const NEW: Self = Self;
    #[inline]
    fn note_free(&mut self) {}
    #[inline]
    fn take_due(&mut self) -> bool {
        false
    }
}
