//! Freeing a chunk: it merges with its free neighbors, and enters the index or joins the top.

use super::RawHeap;
use crate::arena::SMALL;
use crate::arena::chunk::{Chunk, Window};
use crate::arena::coalesce::Coalesce;
use crate::arena::index::{Neighbors, Operations};
use crate::arena::params::Params;
use crate::arena::tag::{MIN_GRANULES, Tag};
use crate::diag::report;
use crate::sys::source::Source;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Frees a chunk, or the tail of one, with a known tag and a known place above.
    #[cfg_attr(any(brkalloc_small, not(any(unix, windows))), inline(never))]
    #[cfg_attr(not(any(brkalloc_small, not(any(unix, windows)))), inline(always))]
    pub(super) fn release(&mut self, chunk: Chunk, own: Tag, above: Chunk) {
        let (window, granules) = (self.window(), own.granules());
        self.coalesce.note_free();
        if !C::Coalesce::AT_ONCE {
            self.index.insert(window, chunk, granules);
            window.write_free(chunk, granules, own.is_prev_used());
            window.set_prev_used(above, false);
            return;
        }
        if SMALL {
            return self.join(chunk, own, above);
        }
        if above == self.top {
            return self.join_top(chunk, granules, own.is_prev_used());
        }
        let mut merged = (chunk, granules);
        let mut neighbors = Neighbors { lower: None, upper: None };
        let tag = window.tag(above);
        if tag.is_used() {
            window.set_tag(above, tag.above(false));
        } else {
            self.check_free(above, tag.granules());
            self.index.unlink_neighbor(window, above, tag.granules());
            neighbors.upper = Some((above, tag.granules()));
            merged.1 += tag.granules();
        }
        if !own.is_prev_used() {
            // Marks the chunk as free for every later reader.
            window.set_tag(chunk, Tag::free(granules, false));
            let (lower, below) = self.free_below(chunk);
            self.index.unlink_neighbor(window, lower, below);
            neighbors.lower = Some((lower, below));
            merged = (lower, merged.1 + below);
        }
        self.index.merge(window, neighbors, merged);
        let above = neighbors.upper.map(|(above, _)| above);
        self.scrub_seams(chunk, neighbors.lower.is_some(), above);
        // Below a free chunk is a used one.
        window.write_free(merged.0, merged.1, true);
        self.note_idle(merged.1, &neighbors);
    }

    /// Frees a chunk where neighbors merge at once: one after the other, in little code.
    #[inline]
    fn join(&mut self, chunk: Chunk, own: Tag, above: Chunk) {
        let window = self.window();
        let (mut lowest, mut granules) = (chunk, own.granules());
        let mut neighbors = Neighbors { lower: None, upper: None };
        if !own.is_prev_used() {
            if Window::<C>::CHECKED {
                // Marks the chunk as free for every later reader.
                window.set_tag(chunk, Tag::free(granules, false));
            }
            let (lower, below) = self.free_below(chunk);
            self.index.remove(window, lower, below);
            neighbors.lower = Some((lower, below));
            (lowest, granules) = (lower, granules + below);
        }
        if above == self.top {
            if let Some((_, below)) = neighbors.lower {
                self.note_taken(below, below);
            }
            self.scrub_seams(chunk, neighbors.lower.is_some(), None);
            self.scrub_joined(lowest);
            return self.retreat(lowest, true);
        }
        let tag = window.tag(above);
        if tag.is_used() {
            window.set_prev_used(above, false);
        } else {
            self.check_free(above, tag.granules());
            self.index.remove(window, above, tag.granules());
            neighbors.upper = Some((above, tag.granules()));
            granules += tag.granules();
        }
        self.index.insert(window, lowest, granules);
        let upper = neighbors.upper.map(|(upper, _)| upper);
        self.scrub_seams(chunk, neighbors.lower.is_some(), upper);
        // Below a free chunk is a used one.
        window.write_free(lowest, granules, true);
        self.note_idle(granules, &neighbors);
    }

    /// Frees a chunk that ends at the top.
    #[inline(never)]
    fn join_top(&mut self, chunk: Chunk, granules: u32, prev_used: bool) {
        if prev_used {
            self.scrub_joined(chunk);
            return self.retreat(chunk, true);
        }
        // Marks the chunk as free for every later reader.
        self.window().set_tag(chunk, Tag::free(granules, false));
        let (lower, below) = self.free_below(chunk);
        self.index.remove(self.window(), lower, below);
        self.note_taken(below, below);
        self.scrub_seams(chunk, true, None);
        self.scrub_joined(lower);
        self.retreat(lower, true);
    }

    /// Returns the free chunk just below `chunk`, where neighbors merge at once, and its granules.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a free chunk's size has 32 bits")]
    fn free_below(&self, chunk: Chunk) -> (Chunk, u32) {
        let window = self.window();
        let size = window.granules_below(chunk);
        if Window::<C>::CHECKED && (size < MIN_GRANULES as usize || chunk.offset() as usize <= size)
        {
            disagrees::<C>(window.payload(chunk));
        }
        let granules = size as u32;
        // SAFETY: a free chunk repeats its size, which is less than its upper end's offset. A
        // checked heap has just verified what the program may have overwritten there.
        let lower = unsafe { chunk.minus(granules) };
        if Window::<C>::CHECKED && !window.tag(lower).is_free_of(size) {
            disagrees::<C>(window.payload(lower));
        }
        (lower, granules)
    }

    /// Checks the tag and the footer of `chunk`, which the index or a neighbor says is free and has
    /// `granules`.
    #[inline]
    pub(super) fn check_free(&self, chunk: Chunk, granules: u32) {
        if !Window::<C>::CHECKED {
            return;
        }
        let (window, tag) = (self.window(), self.window().tag(chunk));
        // Where neighbors merge at once, the chunk below is used.
        let prev_used = C::Coalesce::AT_ONCE || tag.is_prev_used();
        let agrees = tag.granules() == granules && tag.is_plainly_free(prev_used);
        let Some(above) = chunk.above(tag, self.top) else { disagrees::<C>(window.payload(chunk)) };
        if !agrees || !window.is_above(above, granules) {
            disagrees::<C>(window.payload(chunk));
        }
    }
}

/// Ends the program: the tag of the free chunk at `payload` differs from its footer, or from the
/// index.
#[cold]
#[inline(never)]
fn disagrees<C: Params>(payload: *mut u8) -> ! {
    let what = "corrupt free chunk: header and footer differ";
    report::fatal_at::<C>(what, payload)
}
