//! The figures of a heap.
//!
//! A walk computes them on request, so no operation pays for them. [`Operations`] holds those that
//! only counting can tell. All sizes are bytes.

use crate::arena::counters::Operations;
pub use crate::arena::heap::ChunkState;
use crate::sys::source::Origin;

/// The figures of one moment, in bytes and counts.
///
/// Sizes of chunks include their tags. The base of an arena is the granule below its first payload.
/// The arena's memory begins there, except in a lent slice that is not aligned to a granule, whose
/// first bytes stay unused. `arena`, `uordblks`, `fordblks` and `ordblks` of glibc's `mallinfo2`
/// are `committed`, `in_use`, `free` and `free_chunks` here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Where the arena lies; `None` before the first allocation.
    pub origin: Option<Origin>,
    /// Bytes that the arena may grow to, if nobody sits behind it.
    pub arena: usize,
    /// Bytes of address space that the arena has reserved, from its base on: more than `committed` by half of
    /// that and some MiB where it can grow.
    pub reserved: usize,
    /// Bytes of the arena that are in chunks, from its base on.
    pub committed: usize,
    /// The farthest byte of the arena that was ever in a used chunk, counted from its base.
    pub high_water: usize,
    /// Bytes in used chunks.
    pub in_use: usize,
    /// Bytes in free chunks, the top among them.
    pub free: usize,
    /// Bytes of the largest free chunk, the top among them.
    pub largest_free: usize,
    /// Free chunks, the top among them.
    pub free_chunks: usize,
    /// Chunks, used and free.
    pub chunks: usize,
    /// With `large`: bytes in mappings of their own, which are not in the arena.
    pub mapped: Option<usize>,
    /// With `cache`: the bytes of medium chunks in the caches of all threads, and those that their
    /// magazines have room for, at this moment: an upper bound of what is free in them, at most
    /// `cache_total`. They are in chunks that count as used.
    pub cached: Option<usize>,
    /// The counters, with `stats = "counters"`.
    pub operations: Option<Operations>,
}

/// One chunk, as [`for_each_chunk`](crate::BrkHeap::for_each_chunk) shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkInfo {
    /// The address of its tag, one word below its payload.
    pub address: usize,
    /// Its size in bytes, tag included.
    pub size: usize,
    /// Its state.
    pub state: ChunkState,
}
