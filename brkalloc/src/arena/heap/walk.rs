//! Walks over all chunks: figures, checks, and a visitor.
//!
//! Walks are O(n). A check changes nothing; for the others, the block that [waits](super::again) is freed
//! before, so that they see it free. A walk follows sizes that a program may have overwritten, so
//! it compares each with the arena's end first.

use super::RawHeap;
use super::extent::Extent;
use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, Window};
use crate::arena::coalesce::Coalesce;
use crate::arena::counters::{Counters, Operations};
use crate::arena::index::Operations as _;
use crate::arena::params::Params;
use crate::arena::picture::Picture;
use crate::arena::stats::{ChunkInfo, Stats};
use crate::arena::tag::{GRANULE, Tag, WORD};
use crate::diag::report;
use crate::sys::source::Source;

/// The state of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChunkState {
    /// Handed out.
    Used,
    /// Free, and in the index.
    Free,
    /// The last chunk of the arena, which serves requests that no free chunk fits.
    Top,
}

/// Returns the payload bytes of a used chunk of `granules`.
pub(super) const fn payload_bytes(granules: u32) -> usize {
    granules as usize * GRANULE - WORD
}

const fn bytes(granules: u32) -> usize {
    granules as usize * GRANULE
}

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Calls `visit` for each chunk in address order, except an empty top. Returns an error at the
    /// first place that cannot be a chunk.
    fn for_each(&self, mut visit: impl FnMut(Chunk, u32, Tag)) -> Result<(), Corruption> {
        if !self.is_open() {
            return Ok(());
        }
        let window = self.window();
        let mut place = Chunk::FIRST;
        while place < self.top {
            if Window::<C>::CHECKSUMMED && !window.has_checksum(place) {
                return Err(Corruption::at("a tag, or links, were overwritten", window, place));
            }
            let tag = window.tag(place);
            let Some(above) = place.above(tag, self.top) else {
                return Err(Corruption::at("a tag reaches out of the arena", window, place));
            };
            visit(place, tag.granules(), tag);
            place = above;
        }
        if Window::<C>::CHECKSUMMED
            && !(window.has_checksum(self.top) && window.has_checksum(window.end()))
        {
            return Err(Corruption::at("the tag of the top was overwritten", window, self.top));
        }
        let top = self.top.until(window.end());
        if 0 < top {
            visit(self.top, top, window.tag(self.top));
        }
        Ok(())
    }

    /// Calls `visit` for each chunk in address order.
    pub(crate) fn for_each_chunk(&mut self, mut visit: impl FnMut(ChunkInfo)) {
        self.settle();
        let walked = self.for_each(|chunk, granules, tag| {
            let state = match (chunk == self.top, tag.is_used()) {
                (true, _) => ChunkState::Top,
                (_, true) => ChunkState::Used,
                (_, false) => ChunkState::Free,
            };
            let address = self.window().payload(chunk).addr() - WORD;
            visit(ChunkInfo { address, size: bytes(granules), state });
        });
        if let Err(corruption) = walked {
            let place = core::ptr::without_provenance(corruption.address());
            report::fatal_at::<C>(corruption.invariant(), place);
        }
    }

    /// Returns the counters.
    pub(crate) fn operations(&self) -> Option<Operations> {
        self.counters.figures()
    }

    /// Returns the counters themselves, for who takes the heap's lock.
    #[inline]
    pub(crate) fn counters(&mut self) -> &mut C::Counters {
        &mut self.counters
    }

    /// Returns the current figures.
    pub(crate) fn stats(&mut self) -> Stats {
        let to_end = |place: Chunk| if self.is_open() { bytes(place.offset()) } else { 0 };
        let mut stats = Stats {
            origin: self.is_open().then_some(self.origin),
            arena: to_end(self.limit),
            reserved: self.extent.reserved().max(to_end(self.window().end())),
            committed: to_end(self.window().end()),
            high_water: if self.high_water == Chunk::FIRST {
                0
            } else {
                // A chunk ends where the next one's tag begins.
                to_end(self.high_water) - WORD
            },
            in_use: 0,
            free: 0,
            largest_free: 0,
            free_chunks: 0,
            chunks: 0,
            mapped: None,
            cached: None,
            operations: self.operations(),
        };
        self.for_each_chunk(|chunk| {
            stats.chunks += 1;
            if chunk.state == ChunkState::Used {
                stats.in_use += chunk.size;
            } else {
                stats.free += chunk.size;
                stats.free_chunks += 1;
                stats.largest_free = stats.largest_free.max(chunk.size);
            }
        });
        stats
    }

    /// Draws all chunks.
    pub(crate) fn picture(&mut self) -> Picture {
        let committed = if self.is_open() { bytes(self.window().end().offset()) } else { 0 };
        let mut picture = Picture::new(committed);
        self.for_each_chunk(|chunk| picture.add(chunk));
        picture
    }

    /// Checks every invariant and returns the first broken one.
    pub(crate) fn check(&mut self) -> Result<(), Corruption> {
        if !self.is_open() {
            return Ok(());
        }
        let Some((last, tag)) = self.waiting() else { return self.check_chunks() };
        if !self.is_whole(last, tag) {
            let what = "the tag of the block freed last was overwritten";
            return Err(Corruption::at(what, self.window(), last));
        }
        // For the walk it is in use, as it is for its neighbors.
        self.window().set_tag(last, tag.used());
        let found = self.check_chunks();
        self.window().set_tag(last, tag);
        found
    }

    /// Checks the chunks, none of which waits.
    fn check_chunks(&self) -> Result<(), Corruption> {
        let window = self.window();
        let mut walked = Census::EMPTY;
        let mut found = Ok(());
        let mut lower_used = true;
        let mut note = |chunk, holds: bool, what| {
            if !holds && found.is_ok() {
                found = Err(Corruption::at(what, window, chunk));
            }
        };
        note(self.top, self.top <= window.end(), "the top lies beyond the end");
        note(window.end(), window.end() <= self.limit, "the arena exceeds its limit");
        let granted = self.extent;
        let is_granted = granted == Extent::NONE
            || (bytes(window.end().offset()) <= granted.committed()
                && granted.committed() <= granted.reserved());
        note(window.end(), is_granted, "the arena exceeds what is committed");
        note(self.top, self.top <= self.high_water, "the high-water mark is below the top");
        let mut counted = Ok(());
        self.for_each(|chunk, granules, tag| {
            note(chunk, tag.is_prev_used() == lower_used, "a tag is wrong about the chunk below");
            let bare = Tag::free(tag.granules(), tag.is_prev_used());
            let sound = if tag.is_used() { bare.used() } else { bare };
            note(chunk, tag == sound, "the reserved bits of a tag were overwritten");
            let touching = !C::Coalesce::AT_ONCE || lower_used || tag.is_used();
            note(chunk, touching, "two free chunks touch");
            lower_used = tag.is_used();
            if chunk == self.top {
                note(chunk, !tag.is_used(), "the top is in use");
                note(chunk, tag.granules() == granules, "the top's tag has another size");
                let is_whole = !Window::<C>::CHECKSUMMED || self.altered_top(granules).is_none();
                note(chunk, is_whole, "the top was written to");
            } else if !tag.is_used() {
                // SAFETY: the walk has verified that the chunk ends at the top or below.
                let above = unsafe { chunk.plus(granules) };
                let repeats = window.is_above(above, granules);
                note(chunk, repeats, "a free chunk's header and footer differ");
                let is_whole =
                    !Window::<C>::CHECKSUMMED || self.altered_free(chunk, granules).is_none();
                note(chunk, is_whole, "freed memory was written to");
                counted = counted.and_then(|()| walked.count(window, chunk));
            }
        })?;
        let end = window.tag(window.end());
        note(window.end(), end == Tag::end(lower_used), "the end tag was overwritten");
        found?;
        counted?;
        if self.index.check(window)? == walked {
            Ok(())
        } else {
            Err(Corruption::of_window("the index and the free chunks differ", window))
        }
    }
}
