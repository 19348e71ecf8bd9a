//! Opening a heap: it gets its memory, once, before anything else.

use super::RawHeap;
use super::extent::Extent;
use crate::arena::chunk::{Chunk, Window};
use crate::arena::params::Params;
use crate::arena::tag::{GRANULE, MIN_GRANULES, Tag, WORD};
use crate::diag::report::ensure;
use crate::sys::source::{Origin, Source};
use core::ptr::NonNull;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Opens the heap over the memory from one word below `first` to the tag at `end`, which may
    /// move up to `limit`.
    ///
    /// # Safety
    ///
    /// `first` is a multiple of a granule. From one word below it to the end of the tag at `end`,
    /// all bytes are valid for reads and writes, and only this heap uses them from now on; with
    /// `S::ZEROED` they read as zero. If `end < limit`, `first` is one granule above the base of a
    /// window of the source `S`, which may commit up to `limit`.
    pub(crate) unsafe fn open(
        &mut self,
        first: NonNull<u8>,
        end: Chunk,
        limit: Chunk,
        origin: Origin,
    ) {
        ensure!(!self.window.is_open(), "a heap is opened once");
        ensure!(
            end <= limit && limit.offset() <= Self::MAX_OFFSET,
            "the index reaches the whole arena"
        );
        // SAFETY: the caller guarantees the memory.
        self.window = unsafe { Window::open(first, end) };
        self.top = Chunk::FIRST;
        self.limit = limit;
        self.dirty = if S::ZEROED { Chunk::FIRST } else { limit };
        self.origin = origin;
        self.fill_window();
        self.window.set_tag(end, Tag::end(false));
        self.set_top(Chunk::FIRST, true);
    }

    /// Opens the heap over `length` bytes at `base`, or over the first `limit` of them. Returns `false`, with
    /// nothing changed, if they are too few for a chunk.
    ///
    /// # Safety
    ///
    /// The bytes are readable and writable, and only this heap uses them for as long as it, or what it
    /// hands out, is used. The heap is not open, and its source does not grow.
    pub(crate) unsafe fn open_over(
        &mut self,
        base: NonNull<u8>,
        length: usize,
        limit: usize,
    ) -> bool {
        let start = base.addr().get();
        // The first chunk leaves room for its tag; and its place is above a granule, because the window's
        // origin, a granule below, is not null.
        let first = start.checked_add(WORD).map(|first| first.max(GRANULE + 1));
        let Some(first) = first.and_then(|first| first.checked_next_multiple_of(GRANULE)) else {
            return false;
        };
        let skipped = first - start;
        // The end tag lies in the last word below a multiple of a granule, at least one granule
        // above the first.
        let granules = length.min(limit).saturating_sub(skipped) / GRANULE;
        if granules < MIN_GRANULES as usize {
            return false;
        }
        let end = u32::try_from(granules + 1).unwrap_or(u32::MAX).min(Self::MAX_OFFSET);
        // SAFETY: it is the place of the end tag of this window.
        let Some(end) = (unsafe { Chunk::at(end) }) else { return false };
        // SAFETY: there is a granule above it within the bytes.
        let first = unsafe { base.byte_add(skipped) };
        // SAFETY: `first` leaves room for a tag above `base`, and the last granule ends within the
        // bytes, which the caller guarantees. The heap never grows.
        unsafe { self.open(first, end, end, Origin::Slice) };
        true
    }

    /// Opens the heap over a window of its source with `arena` bytes committed, which may grow to
    /// `limit`. Returns whether there was one.
    pub(crate) fn open_window(&mut self, arena: usize, limit: usize) -> bool {
        let reach = (Self::MAX_OFFSET as usize).saturating_mul(GRANULE);
        let limit = limit.min(reach);
        // Room for two tags, so that every window that is opened can be used.
        let arena = arena.max(2 * GRANULE);
        let arena = arena.min(reach);
        let limit = limit.max(arena);
        let Some(region) = S::open(arena, limit) else { return false };
        // What is given as a whole is all there is.
        let limit = if S::GROWS { limit } else { region.reserved };
        let place = |bytes: usize| {
            let offset = u32::try_from(bytes / GRANULE).unwrap_or(u32::MAX).min(Self::MAX_OFFSET);
            // SAFETY: the end tag comes no higher than the region's bytes.
            unsafe { Chunk::at(offset) }
        };
        let (Some(end), Some(limit)) = (place(region.committed), place(limit)) else {
            return false;
        };
        // SAFETY: the window's base is a multiple of a granule. A granule above it is within the
        // window or at its end, because `end` is not 0.
        let first = unsafe { region.base.byte_add(GRANULE) };
        // SAFETY: by the source's contract, only this heap uses the window's committed bytes.
        unsafe { self.open(first, end, limit.max(end), region.origin) };
        if S::GROWS {
            self.extent = Extent::of(region.committed, region.reserved);
            self.furnish();
        }
        true
    }
}
