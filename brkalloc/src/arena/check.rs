//! The walk that finds the first broken invariant of a heap.
//!
//! The walk trusts nothing that it has not yet verified. It compares sizes with the window before
//! it follows them, and the chunks of the index with the chunks in memory, by number, bytes and a
//! sum over their addresses. It is O(n), so no operation runs it; tests run it after every
//! operation.

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
    /// Reports `invariant` as broken at `chunk`.
    #[cold]
    pub(crate) fn at<C>(invariant: &'static str, window: Window<C>, chunk: Chunk) -> Self {
        Self { invariant, address: window.payload(chunk).addr() }
    }

    /// Reports `invariant` as broken at no particular chunk.
    #[cold]
    pub(crate) fn of_window<C>(invariant: &'static str, window: Window<C>) -> Self {
        Self { invariant, address: window.origin().addr() }
    }

    /// Reports `invariant` as broken at `address`.
    #[cold]
    pub(crate) const fn of_address(invariant: &'static str, address: usize) -> Self {
        Self { invariant, address }
    }

    /// Returns the broken invariant, in words.
    #[must_use]
    pub const fn invariant(&self) -> &'static str {
        self.invariant
    }

    /// Returns the address of the corruption: that of a chunk's payload, or the arena's beginning.
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

/// A count of free chunks, on which a walk over memory and one over the index must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Census {
    chunks: u32,
    granules: u64,
    /// A sum over the chunks' offsets, each hashed so that two sets of chunks are unlikely to share
    /// it.
    places: u64,
}

impl Census {
    pub(crate) const EMPTY: Self = Self { chunks: 0, granules: 0, places: 0 };

    /// Counts `chunk`, with the size in its tag. Returns an error if there are more chunks than can
    /// be: the list is a ring.
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
