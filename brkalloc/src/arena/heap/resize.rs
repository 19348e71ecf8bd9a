//! Resizing a block in place.
//!
//! A block shrinks by freeing its tail, and grows into the one chunk above it or into the top. It
//! never moves, not even downward: if this module returns `false`, the caller allocates, copies and
//! frees.

use super::RawHeap;
use crate::arena::chunk::Chunk;
use crate::arena::counters::Counters;
use crate::arena::index::{Operations, Request};
use crate::arena::params::Params;
use crate::arena::tag::{MIN_GRANULES, Tag};
use crate::sys::source::Source;
use core::ptr::NonNull;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Resizes the block at `payload` in place. Returns whether it now has the request's size.
    ///
    /// # Safety
    ///
    /// This heap handed out `payload`, at the request's alignment, and nobody has freed it since.
    #[inline]
    pub(crate) unsafe fn resize(&mut self, payload: NonNull<u8>, request: Request) -> bool {
        self.settle();
        self.forget_last();
        // SAFETY: the caller guarantees the payload.
        let (chunk, tag, above) = unsafe { self.used_chunk(payload) };
        let have = tag.granules();
        let done = if request.need <= have {
            self.shrink(chunk, tag, request.need);
            true
        } else if above == self.top {
            self.extend_into_top(chunk, tag, request.need)
        } else {
            self.extend(chunk, tag, above, request.need)
        };
        if done {
            self.counters.resize();
        }
        done
    }

    /// Frees the tail that the block does not need, if it is large enough for a chunk.
    #[cfg_attr(any(brkalloc_small, not(any(unix, windows))), inline)]
    #[cfg_attr(not(any(brkalloc_small, not(any(unix, windows)))), inline(never))]
    fn shrink(&mut self, chunk: Chunk, tag: Tag, need: u32) {
        let tail = tag.granules() - need;
        if MIN_GRANULES <= tail {
            self.window().set_tag(chunk, tag.resized(need));
            // SAFETY: the place lies within the chunk.
            let place = unsafe { chunk.plus(need) };
            // SAFETY: it is the upper end of the block, which its owner gives up.
            unsafe { self.fill_freed(place, tail) };
            // SAFETY: it is where the chunk ends.
            let above = unsafe { place.plus(tail) };
            self.release(place, Tag::free(tail, true), above);
        }
    }

    /// Grows the block into the chunk above it, if that is free and large enough.
    fn extend(&mut self, chunk: Chunk, tag: Tag, above: Chunk, need: u32) -> bool {
        let (window, have) = (self.window(), tag.granules());
        let upper = window.tag(above);
        let lack = need - have;
        if upper.is_used() || upper.granules() < lack {
            return false;
        }
        self.check_free(above, upper.granules());
        self.verify_free(above, upper.granules());
        let rest = upper.granules() - lack;
        self.note_taken(upper.granules(), lack);
        let mut granted = need;
        if MIN_GRANULES <= rest {
            // SAFETY: the place lies within the chunk above.
            let remainder = unsafe { chunk.plus(need) };
            self.fill_low_end(remainder, rest);
            self.index.shrink(window, above, upper.granules(), Some((remainder, rest)));
            window.write_free(remainder, rest, true);
        } else {
            granted += rest;
            self.index.shrink(window, above, upper.granules(), None);
            // SAFETY: it is where the chunk above ends.
            window.set_prev_used(unsafe { chunk.plus(granted) }, true);
        }
        window.set_tag(chunk, tag.resized(granted));
        true
    }
}
