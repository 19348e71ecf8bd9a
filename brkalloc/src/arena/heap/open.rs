//! Opening a heap: it gets its memory, once, before anything else.

use super::extent::Extent;
use super::{Packed, RawHeap};
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
        ensure!(!self.window().is_open(), "a heap is opened once");
        ensure!(
            end <= limit && limit.offset() <= Self::MAX_OFFSET,
            "the index reaches the whole arena"
        );
        // SAFETY: the caller guarantees the memory.
        self.window = Packed(unsafe { Window::open(first, end) });
        self.top = Chunk::FIRST;
        self.limit = limit;
        self.dirty = if S::ZEROED { Chunk::FIRST } else { limit };
        self.origin = origin;
        self.fill_window();
        self.window().set_tag(end, Tag::end(false));
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
        let Some(first) = first_above(start) else { return false };
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
        if S::RESERVES {
            self.extent = Extent::of(region.committed, region.reserved);
        }
        if S::GROWS {
            self.furnish();
        }
        true
    }
}

/// Returns the address of the first chunk of bytes that begin at `start`; `None` if they end before it.
///
/// There is room for its tag below; and it is above a granule, because the window's origin, a granule below,
/// is not null.
fn first_above(start: usize) -> Option<usize> {
    start.checked_add(WORD)?.max(GRANULE + 1).checked_next_multiple_of(GRANULE)
}

#[cfg(test)]
mod tests {
    use super::{GRANULE, WORD, first_above};

    #[test]
    fn the_first_chunk_has_room_for_its_tag_and_an_origin_that_is_not_null() {
        for start in (1..200).chain([usize::MAX / 2, usize::MAX - 3 * GRANULE]) {
            let first = first_above(start).expect("there is an address");
            assert!(start + WORD <= first && first.is_multiple_of(GRANULE), "{start}");
            assert!(GRANULE < first && first - start <= 2 * GRANULE, "{start}: {first}");
        }
        for start in usize::MAX - GRANULE + 2..=usize::MAX {
            assert_eq!(first_above(start), None, "no address is above {start}");
        }
    }
}
