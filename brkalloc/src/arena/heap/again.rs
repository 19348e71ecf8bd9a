//! The block that was served last, freed next, and asked for again.
//!
//! ```text
//!   served    | used | last: used | what was left of it, free | used | …
//!   freed     | used | last: free | what was left of it, free | used | …   it waits, and merges with nobody
//!   again     | used | last: used | what was left of it, free | used | …
//! ```
//!
//! To free the block that was served last, and nothing has happened since, brings back the chunks as they
//! were before. So the same request gets the same place, if the index has them in the same order, too
//! ([`repeats`](Operations::repeats)). The heap does without all of it: the block is marked as free, and
//! *waits*. Whatever else the heap is asked for, it frees the block first, as ever: it merges, and enters the
//! index or joins the top.
//!
//! The request is the same if it needs as many granules: a block may have some beyond that, too few for a
//! chunk. What the owner wrote into a freed block is not looked at, as nothing lies there. Large
//! blocks do not wait, since their pages may have to go back; nor does any where freed memory is filled, where
//! neighbors merge late, where code is to be small, or where the heap counts what its searches visit. A heap
//! with a cache has no need of this.

use super::RawHeap;
use super::trim::LARGE;
use crate::arena::SMALL;
use crate::arena::chunk::{Chunk, Window};
use crate::arena::coalesce::Coalesce;
use crate::arena::counters::Counters as _;
use crate::arena::index::{Operations, Request};
use crate::arena::params::Params;
use crate::arena::tag::Tag;
use crate::sys::source::Source;
use core::ptr::NonNull;

/// Of the byte about the last block: it is free, and waits. The rest of the byte is how many granules it
/// has beyond what was asked for.
const FREED: u8 = 1 << 7;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Whether a block may wait.
    pub(super) const WAITS: bool = C::MAY_WAIT
        && !SMALL
        && !Window::<C>::FILLS
        && !C::Counters::COUNTS
        && C::Coalesce::AT_ONCE
        && <C::Index as Operations>::REPEATS;

    /// Returns the block that waits, if `request` gets it. If another request comes, frees it.
    #[inline(always)]
    pub(super) fn serve_again(&mut self, request: Request) -> Option<NonNull<u8>> {
        let beyond = self.coalesce.last().checked_sub(FREED)?;
        let served = self.last.and_then(|last| self.take_again(last, beyond, request));
        if served.is_none() {
            self.settle_last();
        }
        served
    }

    /// Returns the block at `last`, which waits, if `request` gets it: if it has `beyond` granules beyond what
    /// is asked for, as it had before.
    #[inline(always)]
    fn take_again(&mut self, last: Chunk, beyond: u8, request: Request) -> Option<NonNull<u8>> {
        let window = self.window();
        let tag = window.tag(last);
        let spare = tag.reach().wrapping_sub(request.need as usize);
        if 1 < request.align || usize::from(beyond) != spare {
            return None;
        }
        self.check_free(last, tag.granules());
        self.coalesce.note_last(beyond);
        window.set_tag(last, tag.used());
        // SAFETY: a window that holds chunks is open, so its origin is not null.
        Some(unsafe { NonNull::new_unchecked(window.payload(last)) })
    }

    /// Lets the used chunk `chunk` of that tag wait, if it was served last. Returns whether it does.
    #[inline(always)]
    pub(super) fn let_wait(&mut self, chunk: Chunk, tag: Tag) -> bool {
        if !Self::WAITS || self.last != Some(chunk) || LARGE <= tag.granules() {
            return false;
        }
        if Window::<C>::CHECKED {
            // Below it is a used chunk, as below every free one where neighbors merge at once.
            self.window().write_free(chunk, tag.granules(), true);
        } else {
            self.window().set_tag(chunk, tag.freed());
        }
        self.coalesce.note_last(FREED | self.coalesce.last());
        true
    }

    /// Notes that `chunk` was served with `spare` granules beyond what was asked for, and whether the
    /// same request would get it again.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a rest that is too small for a chunk")]
    pub(super) fn note_served(&mut self, chunk: Chunk, spare: u32, repeats: bool) {
        if Self::WAITS {
            self.last = repeats.then_some(chunk);
            self.coalesce.note_last(spare as u8);
        }
    }

    /// Notes that the chunks will be other ones than before the last block was served.
    #[inline(always)]
    pub(super) fn forget_last(&mut self) {
        if Self::WAITS {
            self.last = None;
        }
    }

    /// Frees the block that waits, if one does, before anything else happens. Returns whether one did.
    #[inline(always)]
    pub(super) fn settle(&mut self) -> bool {
        let waits = Self::WAITS && FREED <= self.coalesce.last();
        if waits {
            self.settle_last();
        }
        waits
    }

    #[inline(never)]
    fn settle_last(&mut self) {
        self.coalesce.note_last(0);
        let Some(chunk) = self.last.take() else { return };
        let tag = self.window().tag(chunk);
        self.check_free(chunk, tag.granules());
        // SAFETY: it is where the block ends. A checked heap has just compared both of its sizes; another
        // relies on nobody having written there.
        let above = unsafe { chunk.plus(tag.granules()) };
        self.release(chunk, tag, above);
    }

    /// Returns the block that waits, and its tag.
    pub(super) fn waiting(&self) -> Option<(Chunk, Tag)> {
        let last = self.last.filter(|_| Self::WAITS && FREED <= self.coalesce.last())?;
        Some((last, self.window().tag(last)))
    }

    /// Whether `tag`, of the block `last` that waits, is as the heap wrote it, as far as the heap can tell.
    pub(super) fn is_whole(&self, last: Chunk, tag: Tag) -> bool {
        let window = self.window();
        let fits = |above| {
            window.tag(above).is_prev_used()
                && (!Window::<C>::CHECKED || window.is_above(above, tag.granules()))
        };
        tag.is_plainly_free(true) && last.above(tag, self.top).is_some_and(fits)
    }
}
