//! The fill of free memory: with `harden = "full"`, all of it holds one pattern.
//!
//! ```text
//!   a free chunk   | tag | links | pattern ………………………… | size | tag …
//!   the top        | tag | pattern ……………… | dirty: zeros ……… | end tag
//! ```
//!
//! The heap fills each freed chunk. Where chunks merge, it fills their tags, links and footers.
//! Before it hands out memory, it compares every byte with the pattern. So it detects a write into
//! freed memory when it next hands that memory out, however chunks have merged and split meanwhile.
//! Heaps without this option have none of this.

use super::RawHeap;
use super::walk::payload_bytes;
use crate::arena::chunk::{Chunk, LINKS, Window, first_other};
use crate::arena::params::Params;
use crate::arena::tag::{GRANULE, MIN_GRANULES, Tag, WORD};
use crate::diag::report;
use crate::sys::source::Source;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Overwrites the payload of a freed chunk of `granules`, if the heap overwrites freed memory.
    ///
    /// # Safety
    ///
    /// Nobody needs the payload any more.
    #[inline]
    pub(super) unsafe fn fill_freed(&self, chunk: Chunk, granules: u32) {
        if Window::<C>::FILLS {
            // SAFETY: the bytes are the chunk's payload, and the caller guarantees that nobody
            // needs them.
            unsafe { self.window.fill(chunk, payload_bytes(granules)) };
        }
    }

    /// Fills the whole window, if its bytes were not zero.
    pub(super) fn fill_window(&self) {
        if Window::<C>::CHECKSUMMED && !S::ZEROED {
            let granules = Chunk::FIRST.until(self.window.end());
            if 0 < granules {
                // SAFETY: only the end tag, a word above these bytes, is in use.
                unsafe { self.window.fill(Chunk::FIRST, payload_bytes(granules)) };
            }
        }
    }

    /// Fills the bytes `lower..upper` of the top once more, whose pages the system refused to take: it
    /// takes those before the one that it refuses, such as one that the program has locked.
    #[cold]
    pub(super) fn fill_refused(&self, lower: usize, upper: usize) {
        let place =
            u32::try_from(lower / GRANULE).ok().and_then(|offset| self.window.place(offset));
        if let (true, Some(place), true) = (Window::<C>::CHECKSUMMED, place, lower < upper) {
            // SAFETY: they lie in the top, behind its tag, and nobody needs them.
            unsafe { self.window.fill(place, upper - lower) };
        }
    }

    /// Fills the seams between a freed chunk and its free neighbors.
    #[inline]
    pub(super) fn scrub_seams(&self, chunk: Chunk, is_below: bool, above: Option<Chunk>) {
        if Window::<C>::CHECKSUMMED {
            if let Some(above) = above {
                self.window.scrub(above);
            }
            if is_below {
                self.window.scrub(chunk);
            }
        }
    }

    /// Fills the tags of the old top and the links of a chunk that joins it.
    #[inline]
    pub(super) fn scrub_joined(&self, lowest: Chunk) {
        if Window::<C>::CHECKSUMMED {
            self.window.scrub_top(self.top);
            // SAFETY: the smallest chunk has room for links, which nobody needs in the top.
            unsafe { self.window.fill(lowest, LINKS) };
        }
    }

    /// Ends the program if somebody wrote to `need` granules, from the padding on, of a chunk that
    /// the index found. (Its links have a checksum.)
    #[inline]
    pub(super) fn verify_chunk(&self, chunk: Chunk, padding: u32, need: u32, granules: u32) {
        if Window::<C>::CHECKSUMMED {
            let links = if padding == 0 { LINKS } else { 0 };
            // A chunk that is taken up to its end has its footer there.
            let size = if granules < padding + need + MIN_GRANULES { WORD } else { 0 };
            let taken = if size == 0 { need } else { granules - padding };
            let bytes = payload_bytes(taken) - links - size;
            let first = padding as usize * GRANULE + links;
            if let Some(byte) = self.window.altered(chunk, first, bytes) {
                written_to::<C>(byte);
            }
        }
    }

    /// Ends the program if somebody wrote to the lowest `granules` of the top.
    #[inline]
    pub(super) fn verify_top(&self, granules: u32) {
        if Window::<C>::CHECKSUMMED {
            if let Some(byte) = self.altered_top(granules) {
                written_to::<C>(byte);
            }
        }
    }

    /// Returns the first byte of the lowest `granules` of the top that somebody wrote to.
    pub(super) fn altered_top(&self, granules: u32) -> Option<*mut u8> {
        let (window, bytes) = (self.window, payload_bytes(granules.max(1)));
        let dirty = if self.top < self.dirty { self.top.until(self.dirty) } else { 0 };
        let dirty = bytes.min(dirty as usize * GRANULE);
        let clean = window.payload(self.top).wrapping_add(dirty);
        // SAFETY: the bytes lie in the top, and above the dirty mark they are the source's zeros.
        let altered = || unsafe { first_other(clean, bytes - dirty, 0) };
        window.altered(self.top, 0, dirty).or_else(altered)
    }

    /// Returns the first byte of a free chunk of `granules` that somebody wrote to.
    pub(super) fn altered_free(&self, chunk: Chunk, granules: u32) -> Option<*mut u8> {
        self.window.altered(chunk, LINKS, payload_bytes(granules) - LINKS - WORD)
    }

    /// Ends the program if somebody wrote to a free chunk of `granules`.
    #[inline]
    pub(super) fn verify_free(&self, chunk: Chunk, granules: u32) {
        if Window::<C>::CHECKSUMMED {
            if let Some(byte) = self.altered_free(chunk, granules) {
                written_to::<C>(byte);
            }
        }
    }

    /// Fills the padding below a chunk taken from the top, as a freed chunk.
    #[inline]
    pub(super) fn fill_padding(&self, lower: Chunk, padding: u32) {
        if Window::<C>::CHECKSUMMED {
            // SAFETY: the padding was the top's, and belongs to nobody.
            unsafe { self.window.fill(lower, payload_bytes(padding)) };
        }
    }

    /// Overwrites the word of a former end tag like the memory around it.
    pub(super) fn clear_end(&self, end: Chunk) {
        self.window.clear_tag(end);
        if Window::<C>::CHECKSUMMED && end <= self.dirty {
            self.window.scrub_end(end);
        }
    }

    /// Renews the top's checksum after pages may have gone back.
    pub(super) fn renew_top(&self) {
        self.window.renew_checksum(self.top);
    }

    /// Ends the program if `free` or `realloc` meets a tag with a wrong checksum.
    #[inline]
    pub(super) fn check_raw(&self, chunk: Chunk) {
        if Window::<C>::CHECKSUMMED && !self.window.has_checksum(chunk) {
            let is_free = self.window.raw_tag(chunk).word() == Self::FILLED;
            let tag = if is_free { Tag::free(0, false) } else { Tag::end(false) };
            super::unsound::<C>(self.window.payload(chunk), tag);
        }
    }

    /// A word of free memory.
    const FILLED: usize = usize::from_ne_bytes([Window::<C>::PATTERN; WORD]);
}

/// Ends the program: somebody wrote to a byte of free memory.
#[cold]
#[inline(never)]
pub(crate) fn written_to<C: Params>(byte: *mut u8) -> ! {
    report::fatal_in::<C>(format_args!("use after free: write into freed memory at {byte:p}"))
}
