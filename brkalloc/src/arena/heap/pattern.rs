//! Free memory that is as it was left: with `harden = "full"`, all of it has one pattern.
//!
//! ```text
//!   a free chunk   | tag | links | pattern ………………………… | size | tag …
//!   the top        | tag | pattern ……………… | dirty: zeros ……… | end tag
//! ```
//!
//! What is freed is filled; what merges is filled where its tags, links and sizes stood; and what is
//! handed out is looked at, byte by byte. So a write into freed memory is found when that memory is
//! next handed out, wherever chunks have merged and been cut meanwhile. Nothing of this is in a heap
//! that does not ask for it.

use super::RawHeap;
use super::walk::payload_bytes;
use crate::arena::chunk::{Chunk, LINKS, Window, first_other};
use crate::arena::params::Params;
use crate::arena::tag::{GRANULE, MIN_GRANULES, Tag, WORD};
use crate::diag::report;
use crate::sys::source::Source;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Overwrites the payload of a chunk of `granules` that is freed, where that is to be.
    ///
    /// # Safety
    ///
    /// Nobody has a use for it any more.
    #[inline]
    pub(super) unsafe fn fill_freed(&self, chunk: Chunk, granules: u32) {
        if Window::<C>::FILLS {
            // SAFETY: it is the chunk's payload, which the caller guarantees to be free.
            unsafe { self.window.fill(chunk, payload_bytes(granules)) };
        }
    }

    /// Fills the whole window, of bytes that were not zero.
    pub(super) fn fill_window(&self) {
        if Window::<C>::CHECKSUMMED && !S::ZEROED {
            let granules = Chunk::FIRST.until(self.window.end());
            if 0 < granules {
                // SAFETY: nothing but the end tag, a word above that, is in use.
                unsafe { self.window.fill(Chunk::FIRST, payload_bytes(granules)) };
            }
        }
    }

    /// Fills what two free neighbors of a freed chunk had of their own at the seams.
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

    /// Fills what a chunk that joins the top, and the top, had of their own.
    #[inline]
    pub(super) fn scrub_joined(&self, lowest: Chunk) {
        if Window::<C>::CHECKSUMMED {
            self.window.scrub_top(self.top);
            // SAFETY: the least chunk has room for links, which nobody needs in the top.
            unsafe { self.window.fill(lowest, LINKS) };
        }
    }

    /// Ends the program if of the chunk that the index gave, `need` granules from the padding on have
    /// been written to. (Its links are sealed.)
    #[inline]
    pub(super) fn verify_chunk(&self, chunk: Chunk, padding: u32, need: u32, granules: u32) {
        if Window::<C>::CHECKSUMMED {
            let links = if padding == 0 { LINKS } else { 0 };
            // A chunk that is taken up to its end has its size there.
            let size = if granules < padding + need + MIN_GRANULES { WORD } else { 0 };
            let taken = if size == 0 { need } else { granules - padding };
            let bytes = payload_bytes(taken) - links - size;
            let first = padding as usize * GRANULE + links;
            if let Some(byte) = self.window.altered(chunk, first, bytes) {
                written_to::<C>(byte);
            }
        }
    }

    /// Ends the program if the lowest `granules` of the top have been written to.
    #[inline]
    pub(super) fn verify_top(&self, granules: u32) {
        if Window::<C>::CHECKSUMMED {
            if let Some(byte) = self.altered_top(granules) {
                written_to::<C>(byte);
            }
        }
    }

    /// The first byte of the lowest `granules` of the top that is not as it was left.
    pub(super) fn altered_top(&self, granules: u32) -> Option<*mut u8> {
        let (window, bytes) = (self.window, payload_bytes(granules.max(1)));
        let dirty = if self.top < self.dirty { self.top.until(self.dirty) } else { 0 };
        let dirty = bytes.min(dirty as usize * GRANULE);
        let clean = window.payload(self.top).wrapping_add(dirty);
        // SAFETY: the bytes lie in the top, and above the dirty mark they are the source's zeros.
        let altered = || unsafe { first_other(clean, bytes - dirty, 0) };
        window.altered(self.top, 0, dirty).or_else(altered)
    }

    /// The first byte of a free chunk of `granules` that is not as it was left.
    pub(super) fn altered_free(&self, chunk: Chunk, granules: u32) -> Option<*mut u8> {
        self.window.altered(chunk, LINKS, payload_bytes(granules) - LINKS - WORD)
    }

    /// Ends the program if a free chunk of `granules` has been written to.
    #[inline]
    pub(super) fn verify_free(&self, chunk: Chunk, granules: u32) {
        if Window::<C>::CHECKSUMMED {
            if let Some(byte) = self.altered_free(chunk, granules) {
                written_to::<C>(byte);
            }
        }
    }

    /// Makes the padding below a chunk of the top a chunk that was freed.
    #[inline]
    pub(super) fn fill_padding(&self, lower: Chunk, padding: u32) {
        if Window::<C>::CHECKSUMMED {
            // SAFETY: the padding was the top's, and is nobody's.
            unsafe { self.window.fill(lower, payload_bytes(padding)) };
        }
    }

    /// Writes the word where an end tag was, as what is around it reads.
    pub(super) fn clear_end(&self, end: Chunk) {
        self.window.clear_tag(end);
        if Window::<C>::CHECKSUMMED && end <= self.dirty {
            self.window.scrub_end(end);
        }
    }

    /// Makes the top's seal anew, of which pages may have gone back.
    pub(super) fn renew_top(&self) {
        self.window.renew_checksum(self.top);
    }

    /// What `free` and `realloc` are told of a tag that is none of a used chunk, if tags have seals.
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

/// Ends the program: a byte of free memory is not as it was left.
#[cold]
#[inline(never)]
pub(crate) fn written_to<C: Params>(byte: *mut u8) -> ! {
    report::fatal_in::<C>(format_args!("a write into freed memory at {byte:p}"))
}
