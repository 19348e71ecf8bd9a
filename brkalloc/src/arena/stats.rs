//! What a heap says of itself.
//!
//! The figures are walked when they are asked for, so that no operation pays for them; what only
//! counting can tell is in [`Operations`]. All sizes are bytes.

use crate::arena::counters::Operations;
pub use crate::arena::heap::ChunkState;
use crate::sys::source::Origin;

/// The figures of one moment, in bytes and counts.
///
/// Sizes of chunks include their tags. The base of an arena is the granule below its first payload:
/// where its memory begins, but for a lent slice that is not aligned to a granule, whose first
/// bytes are passed over. What glibc's `mallinfo2` calls `arena`, `uordblks`, `fordblks` and
/// `ordblks` are `committed`, `in_use`, `free` and `free_chunks` here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Where the arena lies; `None` before the first allocation.
    pub origin: Option<Origin>,
    /// Bytes that the arena may reach: what was reserved for it.
    pub arena: usize,
    /// Bytes of the arena that can be used now, from its base on.
    pub committed: usize,
    /// The farthest byte of the arena that ever was in a used chunk, counted from its base.
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
    /// With `cache`: bytes that threads' caches had room for when they last looked, at most so many of
    /// which are free. They are in chunks that count as used.
    pub cached: Option<usize>,
    /// What was counted, with `stats = "counters"`.
    pub operations: Option<Operations>,
}

/// One chunk, as [`for_each_chunk`](crate::BrkHeap::for_each_chunk) shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkInfo {
    /// The address of its tag, one word below its payload.
    pub address: usize,
    /// Its bytes, tag included.
    pub size: usize,
    /// What it is to the heap.
    pub state: ChunkState,
}
