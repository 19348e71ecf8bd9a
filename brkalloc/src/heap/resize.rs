//! Growth and shrinking of a block where it stands.
//!
//! A block shrinks by freeing its tail and grows into the one chunk above it, or into the top. It
//! never moves downward, and it never moves here at all: the caller allocates, copies and frees
//! where this says no.

use super::RawHeap;
use crate::chunk::Chunk;
use crate::config::Config;
use crate::counters::Counters;
use crate::index::{Operations, Request};
use crate::source::Source;
use crate::tag::LEAST;
use core::ptr::NonNull;

impl<C: Config, S: Source> RawHeap<C, S> {
    /// Whether the block at `payload` now has the request's size, where it stands.
    ///
    /// # Safety
    ///
    /// This heap handed `payload` out, at the request's alignment, and it has not been freed since.
    #[inline]
    pub(crate) unsafe fn resize(&mut self, payload: NonNull<u8>, request: Request) -> bool {
        // SAFETY: the caller vouches for the payload.
        let (chunk, tag) = unsafe { self.used_chunk(payload) };
        let have = tag.granules();
        let done = if request.need <= have {
            self.shrink(chunk, have, request.need);
            true
        } else if chunk.plus(have) == self.top {
            self.extend_into_top(chunk, have, request.need)
        } else {
            self.extend(chunk, have, request.need)
        };
        if done {
            self.counters.resize();
        }
        done
    }

    /// Frees the tail that the block does not need, if it is a chunk.
    #[inline(never)]
    fn shrink(&mut self, chunk: Chunk, have: u32, need: u32) {
        let tail = have - need;
        if LEAST <= tail {
            let tag = self.window.tag(chunk);
            self.window.set_tag(chunk, tag.resized(need));
            self.release(chunk.plus(need), tail, true);
        }
    }

    /// Lets the block grow into the chunk above it, if that is free and suffices.
    fn extend(&mut self, chunk: Chunk, have: u32, need: u32) -> bool {
        let window = self.window;
        let above = chunk.plus(have);
        let upper = window.tag(above);
        let lack = need - have;
        if upper.is_used() || upper.granules() < lack {
            return false;
        }
        self.check_free(above, upper.granules());
        let rest = upper.granules() - lack;
        let tag = window.tag(chunk);
        if LEAST <= rest {
            let remainder = chunk.plus(need);
            self.index.shift(window, above, upper.granules(), Some((remainder, rest)));
            window.set_tag(chunk, tag.resized(need));
            window.write_free(remainder, rest, true);
        } else {
            self.index.shift(window, above, upper.granules(), None);
            window.set_tag(chunk, tag.resized(need + rest));
            window.set_prev_used(chunk.plus(need + rest), true);
        }
        true
    }
}
