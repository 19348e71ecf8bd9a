//! Taking a chunk: from the index, from the top, or from a top that has grown.

use super::{Position, RawHeap};
use crate::arena::SMALL;
use crate::arena::chunk::Chunk;
use crate::arena::coalesce::Coalesce;
use crate::arena::counters::Counters;
use crate::arena::index::{Fit, Operations, Pieces, Request};
use crate::arena::params::Params;
use crate::arena::tag::{MIN_GRANULES, Tag};
use crate::sys::source::Source;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Takes a chunk for `request`, with padding below it if needed.
    #[inline(never)]
    pub(super) fn take_aligned(&mut self, request: Request) -> Option<Chunk> {
        self.forget_last();
        match self.index.find(self.window(), request, &mut self.counters) {
            Some(fit) => {
                self.counters.search();
                Some(self.take_above(fit, request.need))
            }
            None => self.take_elsewhere(request),
        }
    }

    /// Takes a chunk for `request` from where the fast search of the index did not look, from the
    /// top, or from a top that has grown.
    #[inline(never)]
    pub(super) fn take_elsewhere(&mut self, request: Request) -> Option<Chunk> {
        self.forget_last();
        let fit = self.index.find_elsewhere(self.window(), request, &mut self.counters);
        self.counters.search();
        match fit {
            Some(fit) => Some(self.take_above(fit, request.need)),
            None => self.take_top_or_more(request),
        }
    }

    /// Takes a chunk for `request` from the top, or from a top that has grown.
    #[cfg_attr(any(brkalloc_small, not(any(unix, windows))), inline)]
    #[cfg_attr(not(any(brkalloc_small, not(any(unix, windows)))), inline(never))]
    pub(super) fn take_top_or_more(&mut self, request: Request) -> Option<Chunk> {
        self.forget_last();
        if SMALL {
            let padding = request.padding(self.window(), self.top);
            let wanted = padding.checked_add(request.need)?;
            if self.top.until(self.window().end()) < wanted && self.coalesce.take_due() {
                return self.take_after_pass(request).or_else(|| self.last_resort(request));
            }
            if !self.has_top(wanted) {
                return None;
            }
            return Some(self.split_top(padding, request.need));
        }
        self.take_top(request).or_else(|| self.last_resort(request))
    }

    /// Merges free neighbors if that is due, or grows the arena, for a `request` that neither the
    /// index nor the top serves.
    #[cold]
    fn last_resort(&mut self, request: Request) -> Option<Chunk> {
        if self.coalesce.take_due() {
            if let Some(chunk) = self.take_after_pass(request) {
                return Some(chunk);
            }
        }
        let wanted = request.padding(self.window(), self.top).checked_add(request.need)?;
        if self.has_top(wanted) { self.take_top(request) } else { None }
    }

    /// Merges all free neighbors, and takes a chunk for `request` from the index or the top.
    #[inline]
    fn take_after_pass(&mut self, request: Request) -> Option<Chunk> {
        self.pass();
        match self.search(request) {
            Some(fit) => Some(self.take_above(fit, request.need)),
            None => self.take_top(request),
        }
    }

    /// Merges all free neighbors, and rebuilds the index in address order.
    fn pass(&mut self) {
        let window = self.window();
        self.index.clear();
        let mut place = Chunk::FIRST;
        while place < self.top {
            let tag = window.tag(place);
            let mut above = self.step(place);
            if !tag.is_used() {
                while above < self.top && !window.tag(above).is_used() {
                    let merged = above;
                    above = self.step(merged);
                    self.scrub_seams(merged, true, None);
                }
                if above == self.top {
                    self.scrub_joined(place);
                    self.retreat(place, tag.is_prev_used());
                    break;
                }
                let granules = place.until(above);
                window.write_free(place, granules, tag.is_prev_used());
                self.index.append(window, place, granules);
            }
            place = above;
        }
        self.index.finish(window);
    }

    /// Returns the chunk above `chunk`, which is below the top.
    #[inline]
    pub(super) fn step(&self, chunk: Chunk) -> Chunk {
        let tag = self.window().tag(chunk);
        match chunk.above(tag, self.top) {
            Some(above) => above,
            None => {
                self.window().broken("corrupt chunk header: size leads out of the arena", chunk)
            }
        }
    }

    /// Searches the whole index for `request`.
    fn search(&mut self, request: Request) -> Option<Fit<Position<C>>> {
        let mut fit = self.index.find(self.window(), request, &mut self.counters);
        if fit.is_none() {
            fit = self.index.find_elsewhere(self.window(), request, &mut self.counters);
        }
        self.counters.search();
        fit
    }

    /// Takes `need` granules from the low end of a chunk that a search found without an alignment.
    #[inline(always)]
    pub(super) fn take(&mut self, fit: Fit<Position<C>>, need: u32) -> Chunk {
        self.check_free(fit.chunk, fit.granules);
        self.verify_chunk(fit.chunk, 0, need, fit.granules);
        let (window, chunk) = (self.window(), fit.chunk);
        let tag = if Self::ABOVE_USED { Tag::free(fit.granules, true) } else { window.tag(chunk) };
        let rest = fit.granules - need;
        self.note_taken(fit.granules, need);
        // The rest becomes a free chunk before the index learns of it; its links stay where they
        // were.
        if MIN_GRANULES <= rest {
            // SAFETY: by `Fit`'s invariant, the place is within the chunk that was found.
            let upper = unsafe { chunk.plus(need) };
            self.fill_low_end(upper, rest);
            window.write_free(upper, rest, true);
            self.index.split_found(window, fit, Some((upper, rest)));
            window.set_tag(chunk, tag.resized(need).used());
            if Self::WAITS {
                self.note_served(chunk, 0, self.index.repeats(window, chunk));
            }
        } else {
            // SAFETY: it is where the chunk that was found ends.
            let above = unsafe { chunk.plus(fit.granules) };
            window.set_prev_used(above, true);
            self.index.split_found(window, fit, None);
            window.set_tag(chunk, tag.used());
            if Self::WAITS {
                self.note_served(chunk, rest, self.index.repeats(window, chunk));
            }
        }
        chunk
    }

    /// Takes `need` granules above the padding from a chunk that a search found.
    #[inline(never)]
    fn take_above(&mut self, fit: Fit<Position<C>>, need: u32) -> Chunk {
        let window = self.window();
        self.check_free(fit.chunk, fit.granules);
        self.verify_chunk(fit.chunk, fit.padding, need, fit.granules);
        // SAFETY: by `Fit`'s invariant, the place lies within the chunk that was found.
        let chunk = unsafe { fit.chunk.plus(fit.padding) };
        let rest = fit.granules - fit.padding - need;
        self.note_taken(fit.granules, need);
        // SAFETY: this place lies within that chunk, or is its end.
        let behind = unsafe { chunk.plus(need) };
        let upper = (MIN_GRANULES <= rest).then_some((behind, rest));
        let granules = if upper.is_some() { need } else { need + rest };
        let lower = (0 < fit.padding).then_some(fit.padding);
        let prev_used = Self::ABOVE_USED || window.tag(fit.chunk).is_prev_used();
        if let Some(padding) = lower {
            self.fill_high_end(fit.chunk, padding);
            window.write_free(fit.chunk, padding, prev_used);
        }
        if let Some((upper, rest)) = upper {
            self.fill_low_end(upper, rest);
            window.write_free(upper, rest, true);
        } else {
            // SAFETY: it is where the chunk that was found ends.
            window.set_prev_used(unsafe { chunk.plus(granules) }, true);
        }
        self.index.split(window, fit, Pieces { lower, upper });
        window.set_tag(chunk, Tag::free(granules, prev_used && lower.is_none()).used());
        chunk
    }
}
