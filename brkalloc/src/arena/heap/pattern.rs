//! The fill of free memory: with `harden = "full"`, all of it holds one pattern, or whole pages of zeros.
//!
//! ```text
//!                            page            page            page
//!   a free chunk   | tag | links | pattern | pattern ……… | zeros ………… | pattern | size | tag …
//!   the top        | tag | pattern ……………… | zeros ………… | pattern … | dirty: zeros … | end tag
//! ```
//!
//! The heap fills each freed chunk. Where chunks merge, it fills their tags, links and footers. Pages
//! that go back to the system, or that nobody has been given yet, are zeros: each whole page of a free
//! chunk, between its links and its footer, may be one. Where such a page comes to lie in two chunks,
//! the heap fills what is free of it. Before it hands out memory, it compares every byte. So it
//! detects a write into freed memory when it next hands that memory out, however chunks have merged
//! and split meanwhile; only who overwrites a page, no more and no less, with zeros is not seen. Heaps
//! without this option have none of this.

use super::RawHeap;
use super::walk::payload_bytes;
use crate::arena::chunk::{Chunk, LINKS, Window, first_other};
use crate::arena::params::Params;
use crate::arena::tag::{GRANULE, MIN_GRANULES, Tag, WORD};
use crate::diag::report;
use crate::sys::source::Source;
use core::ops::Range;

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
            unsafe { self.window().fill(chunk, payload_bytes(granules)) };
        }
    }

    /// Fills the whole window, if its bytes were not zero.
    pub(super) fn fill_window(&self) {
        if Window::<C>::CHECKSUMMED && !S::ZEROED {
            let granules = Chunk::FIRST.until(self.window().end());
            if 0 < granules {
                // SAFETY: only the end tag, a word above these bytes, is in use.
                unsafe { self.window().fill(Chunk::FIRST, payload_bytes(granules)) };
            }
        }
    }

    /// Fills the seams between a freed chunk and its free neighbors.
    #[inline]
    pub(super) fn scrub_seams(&self, chunk: Chunk, is_below: bool, above: Option<Chunk>) {
        if Window::<C>::CHECKSUMMED {
            if let Some(above) = above {
                self.window().scrub(above);
            }
            if is_below {
                self.window().scrub(chunk);
            }
        }
    }

    /// Fills the tags of the old top and the links of a chunk that joins it.
    #[inline]
    pub(super) fn scrub_joined(&self, lowest: Chunk) {
        if Window::<C>::CHECKSUMMED {
            self.window().scrub_top(self.top);
            // SAFETY: the smallest chunk has room for links, which nobody needs in the top.
            unsafe { self.window().fill(lowest, LINKS) };
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
            let from = bytes_below(chunk) + padding as usize * GRANULE + links;
            let to = from + payload_bytes(taken) - links - size;
            let inner = bytes_below(chunk) + LINKS;
            let footer = bytes_below(chunk) + payload_bytes(granules) - WORD;
            if let Some(byte) = self.altered(from..to, inner..footer) {
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
        let (window, bytes) = (self.window(), payload_bytes(granules.max(1)));
        let dirty = if self.top < self.dirty() { self.top.until(self.dirty()) } else { 0 };
        let dirty = bytes.min(dirty as usize * GRANULE);
        let clean = window.payload(self.top).wrapping_add(dirty);
        // SAFETY: the bytes lie in the top, and above the dirty mark they are the source's zeros.
        let altered = || unsafe { first_other(clean, bytes - dirty, 0) };
        let from = bytes_below(self.top);
        let mark = bytes_below(self.dirty()).max(from);
        self.altered(from..from + dirty, from..mark).or_else(altered)
    }

    /// Returns the first byte of a free chunk of `granules` that somebody wrote to.
    pub(super) fn altered_free(&self, chunk: Chunk, granules: u32) -> Option<*mut u8> {
        let payload = bytes_below(chunk);
        let inner = payload + LINKS..payload + payload_bytes(granules) - WORD;
        self.altered(inner.clone(), inner)
    }

    /// Whether whole pages of free memory may be zeros.
    const HAS_ZEROS: bool = Window::<C>::CHECKSUMMED && S::GROWS && S::ZEROED;

    /// Returns the first of these bytes of the window that is not as in free memory, of which the
    /// pages within `whole` may be zeros.
    fn altered(&self, bytes: Range<usize>, whole: Range<usize>) -> Option<*mut u8> {
        let (mut from, to) = (bytes.start, bytes.end);
        let mut pages = to..to;
        if Self::HAS_ZEROS {
            let page = S::page_size();
            pages = whole.start.next_multiple_of(page)..whole.end / page * page;
        }
        while from < to {
            let (end, is_page) = if from < pages.start {
                (pages.start, false)
            } else if from < pages.end {
                ((from + 1).next_multiple_of(S::page_size()), true)
            } else {
                (to, false)
            };
            let size = end.min(to) - from;
            if !(is_page && self.is_zero(from, size)) {
                let first = self.window().origin().wrapping_add(from);
                // SAFETY: the caller's bytes lie in the window, and were written, or are the
                // system's zeros.
                let byte = unsafe { first_other(first, size, Window::<C>::PATTERN) };
                if byte.is_some() {
                    return byte;
                }
            }
            from += size;
        }
        None
    }

    /// Whether `size` bytes of the window are all zero, from the byte `from` on.
    fn is_zero(&self, from: usize, size: usize) -> bool {
        let first = self.window().origin().wrapping_add(from);
        // SAFETY: the caller's bytes lie in the window, and were written, or are the system's zeros.
        unsafe { first_other(first, size, 0) }.is_none()
    }

    /// Fills these bytes of the window, which are free, if they are what remains of a page of zeros.
    fn fill_zeros(&self, bytes: Range<usize>) {
        if Self::HAS_ZEROS && bytes.start < bytes.end {
            let size = bytes.end - bytes.start;
            if self.is_zero(bytes.start, size) {
                let first = self.window().origin().wrapping_add(bytes.start);
                // SAFETY: the bytes lie in the window, and nobody needs them.
                unsafe { first.write_bytes(Window::<C>::PATTERN, size) };
            }
        }
    }

    /// Prepares the memory of a new free chunk of `granules` that begins within another: fills what
    /// it has of the page of its links.
    #[inline]
    pub(super) fn fill_low_end(&self, chunk: Chunk, granules: u32) {
        if Self::HAS_ZEROS {
            let payload = bytes_below(chunk);
            let footer = payload + payload_bytes(granules) - WORD;
            let end = (payload + LINKS).next_multiple_of(S::page_size());
            self.fill_zeros(payload..end.min(footer));
        }
    }

    /// Prepares the memory of a new free chunk of `granules` that ends within another: fills what it
    /// has of the page of its footer.
    #[inline]
    pub(super) fn fill_high_end(&self, chunk: Chunk, granules: u32) {
        if Self::HAS_ZEROS {
            let payload = bytes_below(chunk);
            let footer = payload + payload_bytes(granules) - WORD;
            let start = footer / S::page_size() * S::page_size();
            self.fill_zeros(start.max(payload + LINKS)..footer);
        }
    }

    /// Fills what the top has of the page of the dirty mark, below that.
    #[cold]
    pub(super) fn fill_mark(&self) {
        let mark = bytes_below(self.dirty().min(self.window().end()));
        let start = mark / S::page_size() * S::page_size();
        self.fill_zeros(start.max(bytes_below(self.top))..mark);
    }

    /// Prepares the memory of a top that begins at `top`, further up: fills what it has of the page
    /// in which it begins, below the dirty mark.
    #[inline]
    pub(super) fn fill_top_end(&self, top: Chunk) {
        if Self::HAS_ZEROS && top < self.dirty() {
            let payload = bytes_below(top);
            let end = payload.next_multiple_of(S::page_size());
            self.fill_zeros(payload..end.min(bytes_below(self.dirty())));
        }
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

    /// Fills the padding below a chunk taken from the top, as a freed chunk, but for whole pages that
    /// nobody has been given.
    #[inline]
    pub(super) fn fill_padding(&self, lower: Chunk, padding: u32) {
        if Window::<C>::CHECKSUMMED {
            let mut from = bytes_below(lower);
            let end = from + payload_bytes(padding);
            if Self::HAS_ZEROS {
                let page = S::page_size();
                let low = (from + LINKS).max(bytes_below(self.dirty())).next_multiple_of(page);
                let high = (end - WORD) / page * page;
                if low < high {
                    // SAFETY: these bytes are the padding's, which was the top's.
                    unsafe { self.window().fill(lower, low - from) };
                    from = high;
                }
            }
            let first = self.window().origin().wrapping_add(from);
            // SAFETY: the padding was the top's, and belongs to nobody.
            unsafe { first.write_bytes(Window::<C>::PATTERN, end - from) };
        }
    }

    /// Overwrites the word of a former end tag like the memory around it.
    pub(super) fn clear_end(&self, end: Chunk) {
        self.window().clear_tag(end);
        if Window::<C>::CHECKSUMMED && end <= self.dirty() {
            self.window().scrub_end(end);
        }
    }

    /// Renews the top's checksum after pages may have gone back.
    pub(super) fn renew_top(&self) {
        self.window().renew_checksum(self.top);
    }

    /// Ends the program if `free` or `realloc` meets a tag with a wrong checksum.
    #[inline]
    pub(super) fn check_raw(&self, chunk: Chunk) {
        if Window::<C>::CHECKSUMMED && !self.window().has_checksum(chunk) {
            let is_free = self.window().raw_tag(chunk).word() == Self::FILLED;
            let tag = if is_free { Tag::free(0, false) } else { Tag::end(false) };
            super::unsound::<C>(self.window().payload(chunk), tag);
        }
    }

    /// A word of free memory.
    const FILLED: usize = usize::from_ne_bytes([Window::<C>::PATTERN; WORD]);
}

/// The bytes of the window below the payload of `chunk`.
pub(super) const fn bytes_below(chunk: Chunk) -> usize {
    chunk.offset() as usize * GRANULE
}

/// Ends the program: somebody wrote to a byte of free memory.
#[cold]
#[inline(never)]
pub(crate) fn written_to<C: Params>(byte: *mut u8) -> ! {
    report::fatal_at::<C>("use after free: write into freed memory", byte)
}
