//! The walk that finds the first broken invariant of a heap.
//!
//! It trusts nothing that it has not yet looked at: sizes are held against the window before they
//! are followed, and chunks of the index against the chunks in memory, by number, bytes and a sum
//! over their addresses. It is O(n), so no operation runs it; tests run it after every operation.

use crate::arena::chunk::{Chunk, Window};
use crate::arena::params::Params;
use core::fmt;

/// The first broken invariant that [`check`](crate::BrkHeap::check) found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Corruption {
    invariant: &'static str,
    address: usize,
}

impl Corruption {
    /// `invariant` is broken at `chunk`.
    #[cold]
    pub(crate) fn at<C>(invariant: &'static str, window: Window<C>, chunk: Chunk) -> Self {
        Self { invariant, address: window.payload(chunk).addr() }
    }

    /// `invariant` is broken, at no chunk in particular.
    #[cold]
    pub(crate) fn of_window<C>(invariant: &'static str, window: Window<C>) -> Self {
        Self { invariant, address: window.origin().addr() }
    }

    /// `invariant` is broken at that address.
    #[cold]
    pub(crate) const fn of_address(invariant: &'static str, address: usize) -> Self {
        Self { invariant, address }
    }

    /// What is wrong, in words.
    #[must_use]
    pub const fn invariant(&self) -> &'static str {
        self.invariant
    }

    /// The address at which it is wrong: that of a chunk's payload, or where the arena begins.
    #[must_use]
    pub const fn address(&self) -> usize {
        self.address
    }
}

impl fmt::Debug for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Corruption({self})")
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:#x}", self.invariant, self.address)
    }
}

impl core::error::Error for Corruption {}

/// Free chunks, counted: what a walk over memory and one over the index must agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Census {
    chunks: u32,
    granules: u64,
    /// A sum over the chunks' offsets, each multiplied so that no two sets of chunks are likely to
    /// share it.
    places: u64,
}

impl Census {
    pub(crate) const EMPTY: Self = Self { chunks: 0, granules: 0, places: 0 };

    /// Counts `chunk`, of the size that its tag says. An error if there are more than can be: a
    /// list that is a ring.
    pub(crate) fn count<C: Params>(
        &mut self,
        window: Window<C>,
        chunk: Chunk,
    ) -> Result<(), Corruption> {
        let offset = u64::from(chunk.offset());
        self.chunks += 1;
        self.granules += u64::from(window.tag(chunk).granules());
        self.places =
            self.places.wrapping_add((offset ^ offset << 31).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        if window.end().offset() < self.chunks {
            return Err(Corruption::at("the index goes round in a circle", window, chunk));
        }
        Ok(())
    }
}
