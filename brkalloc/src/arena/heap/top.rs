//! The top: the last chunk of the arena, and its growth.
//!
//! ```text
//!        top            dirty                    end         committed
//!        v              v                        v            v
//!   … | tag | once used, | never used, or given | tag |  zeros |
//!           | bytes stay | back: bytes are zero |
//! ```
//!
//! The top's tag holds its size. The top has no footer, so that memory above the dirty mark stays
//! as the source gave it. An empty top has no tag of its own: its place is the end tag's. The top
//! never shrinks the window.

use super::{Packed, RawHeap};
use crate::arena::SMALL;
use crate::arena::chunk::{Chunk, LINKS};
use crate::arena::coalesce::Coalesce;
use crate::arena::index::{Operations, Request};
use crate::arena::params::Params;
use crate::arena::tag::{GRANULE, MIN_GRANULES, Tag, WORD};
use crate::sys::source::Source;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Whether the code relies on a used chunk below each free one, rather than look.
    pub(super) const ABOVE_USED: bool = SMALL && C::Coalesce::AT_ONCE;

    /// Takes `need` granules from the top's low end, if it has more than that: the fast path.
    #[inline(always)]
    pub(super) fn take_top_low(&mut self, need: u32) -> Option<Chunk> {
        let (window, chunk) = (self.window(), self.top);
        let room = chunk.until(window.end());
        if room <= need {
            return None;
        }
        self.verify_top(need);
        let tag = window.tag(chunk);
        window.set_tag(chunk, tag.resized(need).used());
        // SAFETY: the place is below the end tag.
        let top = unsafe { chunk.plus(need) };
        self.fill_top_end(top);
        window.set_tag(top, Tag::free(room - need, true));
        self.top = top;
        self.note_used_below(top);
        self.note_served(chunk, 0, true);
        Some(chunk)
    }

    /// Takes a chunk for the request from the top's low end, if that is large enough.
    #[inline]
    pub(super) fn take_top(&mut self, request: Request) -> Option<Chunk> {
        let window = self.window();
        let padding = request.padding(window, self.top);
        let wanted = padding.checked_add(request.need)?;
        if self.top.until(window.end()) < wanted {
            return None;
        }
        Some(self.split_top(padding, request.need))
    }

    /// Takes `need` granules above the padding from the top's low end, which has so many.
    #[inline]
    pub(super) fn split_top(&mut self, padding: u32, need: u32) -> Chunk {
        let window = self.window();
        self.verify_top(padding + need);
        let lower = self.top;
        // SAFETY: the place lies within the top.
        let chunk = unsafe { lower.plus(padding) };
        let prev_used = Self::ABOVE_USED || window.tag(lower).is_prev_used();
        window.set_tag(chunk, Tag::free(need, prev_used && padding == 0).used());
        if 0 < padding {
            self.fill_padding(lower, padding);
            window.write_free(lower, padding, prev_used);
            self.index.insert(window, lower, padding);
        }
        // SAFETY: the top has `need` granules behind the padding.
        self.advance(unsafe { chunk.plus(need) });
        chunk
    }

    /// Moves the top up to `top`, the end of a used chunk.
    #[inline]
    pub(super) fn advance(&mut self, top: Chunk) {
        self.fill_top_end(top);
        self.set_top(top, true);
        if !SMALL {
            self.note_used_below(top);
        }
    }

    /// Notes that a used chunk reaches up to `top`.
    #[inline]
    fn note_used_below(&mut self, top: Chunk) {
        if self.high_water < top {
            self.high_water = top;
        }
        if S::RETURNS && self.dirty < top {
            self.dirty = top;
        }
    }

    /// Moves the top down to `top`, a free chunk that joins it.
    #[inline]
    pub(super) fn retreat(&mut self, top: Chunk, prev_used: bool) {
        let before = self.top;
        self.set_top(top, prev_used);
        if Self::TRIMS {
            let dirty = if top < self.dirty { top.until(self.dirty) } else { 0 };
            if C::TRIM < dirty as usize * GRANULE {
                self.trim_top(dirty, top.until(before));
            }
        }
    }

    /// Writes the tags for a top that begins at `top`.
    #[cfg_attr(any(brkalloc_small, not(any(unix, windows))), inline(never))]
    #[cfg_attr(not(any(brkalloc_small, not(any(unix, windows)))), inline)]
    pub(super) fn set_top(&mut self, top: Chunk, prev_used: bool) {
        let end = self.window().end();
        if top == end {
            self.window().set_tag(end, Tag::end(prev_used));
        } else {
            if SMALL || self.top == end {
                self.window().set_tag(end, Tag::end(false));
            }
            self.window().set_tag(top, Tag::free(top.until(end), prev_used));
        }
        self.top = top;
        if SMALL {
            self.note_used_below(top);
        }
    }

    /// Whether the top has `wanted` granules now: grows the arena if it has fewer.
    #[cfg_attr(any(brkalloc_small, not(any(unix, windows))), inline(never))]
    #[cfg_attr(not(any(brkalloc_small, not(any(unix, windows)))), inline)]
    pub(super) fn has_top(&mut self, wanted: u32) -> bool {
        let spare = self.top.until(self.window().end());
        wanted <= spare || self.grow(wanted - spare)
    }

    /// Grows the arena by at least `lack` granules: by `grow` or `lack`, the greater, in whole
    /// pages, but not beyond the limit. Returns whether it grew.
    #[cfg_attr(not(any(brkalloc_small, not(any(unix, windows)))), cold)]
    fn grow(&mut self, lack: u32) -> bool {
        let window = self.window();
        let end = window.end();
        let room = end.until(self.limit);
        // A closed window has no room.
        if !S::GROWS || C::GROW == 0 || room < lack.max(1) {
            return false;
        }
        let granules = |bytes: usize| u32::try_from(bytes.div_ceil(GRANULE)).unwrap_or(u32::MAX);
        // In whole pages, less one granule, so that no sum is too large.
        let last = (granules(C::GROW).max(lack) - 1) | (granules(S::page_size()) - 1);
        // SAFETY: a step is at most the room up to the limit.
        let grown = unsafe { end.plus(last.min(room - 1) + 1) };
        if !self.commit(grown) {
            return false;
        }
        let prev_used = Self::ABOVE_USED || window.tag(self.top).is_prev_used();
        // SAFETY: the bytes between are committed.
        self.window = Packed(unsafe { window.reaching(grown) });
        if SMALL || self.top != end {
            // The old end tag lies within the top now, where all reads as zero.
            self.clear_end(end);
        }
        if SMALL {
            self.set_top(self.top, prev_used);
        } else {
            self.window().set_tag(grown, Tag::end(false));
            self.window().set_tag(self.top, Tag::free(self.top.until(grown), prev_used));
        }
        true
    }

    /// Grows the block at `chunk`, which has that tag and ends at the top, to `need` granules in place.
    /// Returns whether it could.
    pub(super) fn extend_into_top(&mut self, chunk: Chunk, tag: Tag, need: u32) -> bool {
        let lack = need - tag.granules();
        if !self.has_top(lack) {
            return false;
        }
        self.verify_top(lack);
        self.window().set_tag(chunk, tag.resized(need));
        // SAFETY: the top has the granules that the chunk lacks.
        self.advance(unsafe { chunk.plus(need) });
        true
    }
}

const _: () = {
    assert!(2 * WORD <= GRANULE, "two tags fit a granule");
    assert!(
        2 * WORD + LINKS <= MIN_GRANULES as usize * GRANULE,
        "tag and size frame a free chunk's links"
    );
};
