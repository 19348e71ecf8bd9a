//! First, next and worst fit by address.
//!
//! ```text
//!   first fit                 pending          known
//!                             v                v
//!   | used | 3 | used | 2 | used | 9 | used | used | 7 | used …     store: 3, 2, 7
//!          '-------- the store has none of 4 or more ---'
//! ```
//!
//! A [store](Keep) keeps the chunks and finds the lowest from an address on, or the largest. This
//! module builds the policies on it. For first fit it adds two things that save the searches of a
//! program that frees what it has just allocated:
//!
//! - One *pending* chunk is out of the store: the block that was taken last, if it was freed next,
//!   with all that has merged with it since. Neighbors merge with it, and blocks are split from it,
//!   without a change of the store. It enters the store as soon as another chunk is taken, or such
//!   a block is freed.
//! - The *known* bound: the store has no chunk of this many granules below this place. If the
//!   pending chunk begins there or lower, it is the first that fits any request of as many granules
//!   or more. A search establishes the bound; a chunk that enters the store lowers its place.
//!
//! Next and worst fit have neither: they do not take the lowest chunk. Nor has first fit where the
//! code is to be [small](SMALL).
//!
//! *Bound.* That of the store, and one chunk more.

use super::super::{Fit, Neighbors, Operations, Pieces, Request};
use super::Candidate;
use super::radix::Slot;
use super::store::Keep;
use crate::arena::SMALL;
use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, Link, SizedLink, Window};
use crate::arena::counters::Counters;
use crate::arena::params::Params;
use crate::arena::policy::{Choice, Policy, Rover};
use core::ptr::NonNull;

/// Free chunks by address, searched by the policy `P`.
///
/// # Invariant
///
/// The pending chunk is not in the store. Below the known place, the store has no chunk of the
/// known size.
#[derive(Debug)]
pub struct ByAddress<P: Policy, K> {
    store: K,
    pending: SizedLink,
    known: Known,
    /// The granule offset of the chunk taken last, or 0.
    taken: u32,
    rover: P::Rover,
}

/// The store has no chunk of `need` granules or more that begins below `place`.
#[derive(Clone, Copy, Debug)]
struct Known {
    need: u32,
    place: u32,
}

/// Where a search found a chunk.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    place: Slot,
    is_pending: bool,
    /// Whether no lower chunk is as large as the request.
    is_lowest: bool,
}

impl<P: Policy, K: Keep> ByAddress<P, K> {
    /// Whether a chunk may wait outside the store.
    const WAITS: bool = !SMALL && matches!(P::CHOICE, Choice::First);

    /// Returns the first chunk of the store from `from` on, before `stop`, that fits `request`.
    #[inline]
    fn first_fit<C: Params>(
        &self,
        window: Window<C>,
        from: u32,
        stop: Link,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Found>> {
        let mut candidate = if from == 0 {
            self.store.lowest(window, request.need, || counters.visit())?
        } else {
            self.store.lowest_from(window, from, request.need, || counters.visit())?
        };
        loop {
            let Candidate { chunk, granules, place } = candidate;
            if stop.is_some_and(|stop| stop <= chunk) {
                return None;
            }
            // The store has looked at the size: what needs no padding fits.
            let is_plain = request.align <= 1;
            let padding = if is_plain { Some(0) } else { request.fit(window, chunk, granules) };
            if let Some(padding) = padding {
                let place = Found { place, is_pending: false, is_lowest: is_plain };
                return Some(Fit { chunk, granules, padding, place });
            }
            candidate = self.later(window, chunk, request.need, counters)?;
        }
    }

    /// Returns the next chunk of the store above `chunk` that has `need` granules, for alignments
    /// above a granule.
    #[inline(never)]
    fn later<C: Params>(
        &self,
        window: Window<C>,
        chunk: Chunk,
        need: u32,
        counters: &mut C::Counters,
    ) -> Option<Candidate> {
        self.store.lowest_from(window, chunk.offset() + 1, need, || counters.visit())
    }

    /// Returns the first chunk of all that fits `request`.
    #[inline]
    fn first<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Found>> {
        let SizedLink { chunk: Some(chunk), granules } = self.pending else {
            return self.first_fit(window, 0, None, request, counters);
        };
        counters.visit();
        let Some(padding) = request.fit(window, chunk, granules) else {
            return self.first_fit(window, 0, None, request, counters);
        };
        let is_lowest = request.align == 1;
        let place = Found { place: Slot::ROOT, is_pending: true, is_lowest };
        let pending = Some(Fit { chunk, granules, padding, place });
        if self.known.need <= request.need && chunk.offset() <= self.known.place {
            return pending;
        }
        self.first_fit(window, 0, Some(chunk), request, counters).or(pending)
    }

    /// Returns the chunk that follows `chunk` in address order.
    fn follower<C: Params>(&self, window: Window<C>, chunk: Chunk) -> Link {
        let follower = self.store.lowest_from(window, chunk.offset() + 1, 1, || ());
        follower.map(|follower| follower.chunk)
    }

    /// Moves the rover to the follower of `chunk` if it stands there.
    #[inline]
    fn leave<C: Params>(&mut self, window: Window<C>, chunk: Chunk) {
        if self.rover.place() == Some(chunk) {
            self.rover = self.rover.moved(self.follower(window, chunk));
        }
    }

    /// Lowers the known bound for a chunk that enters the store.
    #[inline]
    fn note(&mut self, (chunk, granules): (Chunk, u32)) {
        if Self::WAITS && self.known.need <= granules {
            self.known.place = self.known.place.min(chunk.offset());
        }
    }

    /// Inserts a chunk into the store.
    #[inline]
    fn store<C: Params>(&mut self, window: Window<C>, chunk: (Chunk, u32)) {
        self.note(chunk);
        self.store.insert(window, chunk.0, chunk.1);
    }

    /// Inserts the pending chunk into the store, if there is one.
    #[inline]
    fn settle<C: Params>(&mut self, window: Window<C>) {
        if let (true, Some(pending)) = (Self::WAITS, self.pending.chunk) {
            let granules = self.pending.granules;
            self.pending = SizedLink::NONE;
            self.store(window, (pending, granules));
        }
    }

    /// Makes a freed chunk the pending one, and removes its neighbors.
    fn wait<C: Params>(&mut self, window: Window<C>, neighbors: Neighbors, merged: (Chunk, u32)) {
        for (chunk, granules) in neighbors.lower.into_iter().chain(neighbors.upper) {
            self.remove(window, chunk, granules);
        }
        self.settle(window);
        self.pending = SizedLink::of(merged.0, merged.1);
    }

    /// Takes the pending chunk if it is `chunk`. Returns whether it was.
    #[inline]
    fn was_pending(&mut self, chunk: Chunk) -> bool {
        let is_pending = Self::WAITS && self.pending.chunk == Some(chunk);
        if is_pending {
            self.pending = SizedLink::NONE;
        }
        is_pending
    }
}

impl<P: Policy, K: Keep> Operations for ByAddress<P, K> {
    type Position = Found;
    // The rover of next fit has moved.
    const REPEATS: bool = !matches!(P::CHOICE, Choice::Next);
    const EMPTY: Self = Self {
        store: K::EMPTY,
        pending: SizedLink::NONE,
        known: Known { need: 0, place: 0 },
        taken: 0,
        rover: P::Rover::START,
    };

    fn room(end: u32) -> usize {
        K::bytes(end)
    }

    fn furnished(&self) -> Option<(NonNull<u8>, usize)> {
        self.store.room()
    }

    unsafe fn furnish(&mut self, room: NonNull<u8>, size: usize) {
        // SAFETY: the caller guarantees the room.
        unsafe { self.store.furnish(room, size) };
    }

    unsafe fn move_to(&mut self, room: NonNull<u8>, size: usize) {
        // SAFETY: the caller guarantees the room.
        unsafe { self.store.move_to(room, size) };
    }

    #[inline]
    fn find<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Found>> {
        match (P::CHOICE, self.rover.place()) {
            (Choice::Largest, _) => {
                let Fit { chunk, granules, padding, place } =
                    self.store.largest(window, request, counters)?;
                let place = Found { place, is_pending: false, is_lowest: false };
                Some(Fit { chunk, granules, padding, place })
            }
            (Choice::First, _) => self.first(window, request, counters),
            (_, Some(rover)) => self
                .first_fit(window, rover.offset(), None, request, counters)
                .or_else(|| self.first_fit(window, 0, Some(rover), request, counters)),
            (_, None) => self.first_fit(window, 0, None, request, counters),
        }
    }

    #[inline]
    fn insert<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.store(window, (chunk, granules));
    }

    #[inline]
    fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        if !self.was_pending(chunk) {
            self.leave(window, chunk);
            self.store.remove(window, chunk, granules);
        }
    }

    #[inline]
    fn merge<C: Params>(&mut self, window: Window<C>, neighbors: Neighbors, merged: (Chunk, u32)) {
        if Self::WAITS {
            let (lower, upper) = (neighbors.lower, neighbors.upper);
            let behind = |(lower, granules): (Chunk, u32)| lower.offset().saturating_add(granules);
            let freed = lower.map_or(merged.0.offset(), behind);
            let touches = |(chunk, _)| self.pending.chunk == Some(chunk);
            if lower.is_some_and(touches) || upper.is_some_and(touches) || self.taken == freed {
                return self.wait(window, neighbors, merged);
            }
        }
        // Of two neighbors one leaves; the merged chunk replaces the other, whose key it has, or
        // nearly.
        let kept = match neighbors {
            Neighbors { lower: Some(lower), upper: Some((upper, granules)) } => {
                self.remove(window, upper, granules);
                lower
            }
            Neighbors { lower: Some(one), .. } | Neighbors { upper: Some(one), .. } => one,
            Neighbors { .. } => return self.insert(window, merged.0, merged.1),
        };
        self.leave(window, kept.0);
        self.note(merged);
        self.store.promote(window, kept, merged);
    }

    #[inline]
    fn split<C: Params>(&mut self, window: Window<C>, fit: Fit<Found>, pieces: Pieces) {
        let Fit { chunk, granules, padding, place } = fit;
        if Self::WAITS && place.is_lowest {
            let upper = pieces.upper.map_or(0, |(_, granules)| granules);
            let place = chunk.offset().saturating_add(granules);
            self.known = Known { need: granules - padding - upper, place };
        }
        if Self::WAITS {
            self.taken = chunk.offset().saturating_add(padding);
        }
        let lower = pieces.lower.map(|granules| (chunk, granules));
        let found = Candidate { chunk, granules, place: place.place };
        if Self::WAITS && place.is_pending {
            self.pending = pieces
                .upper
                .map_or(SizedLink::NONE, |(upper, granules)| SizedLink::of(upper, granules));
            if let Some(lower) = lower {
                self.store(window, lower);
            }
            return;
        }
        match (lower, pieces.upper) {
            (Some(lower), upper) => {
                self.note(lower);
                self.store.inherit(window, found, lower);
                if let Some(upper) = upper {
                    self.store(window, upper);
                }
            }
            (None, Some(upper)) => {
                self.note(upper);
                self.store.inherit(window, found, upper);
            }
            (None, None) => self.store.pull(window, found),
        }
        // It is not the first fit any more, and so unlikely to be taken next.
        self.settle(window);
        if P::CHOICE == Choice::Next {
            let upper = pieces.upper.map(|(upper, _)| upper);
            let heir = upper.or_else(|| self.follower(window, chunk));
            self.rover = self.rover.moved(heir);
        }
    }

    #[inline]
    fn shrink<C: Params>(
        &mut self,
        window: Window<C>,
        chunk: Chunk,
        granules: u32,
        rest: Option<(Chunk, u32)>,
    ) {
        let Some(rest) = rest else { return self.remove(window, chunk, granules) };
        if self.was_pending(chunk) {
            self.pending = SizedLink::of(rest.0, rest.1);
            return;
        }
        let place = self.store.place(window, chunk, granules);
        self.store.inherit(window, Candidate { chunk, granules, place }, rest);
        if self.rover.place() == Some(chunk) {
            self.rover = self.rover.moved(Some(rest.0));
        }
    }

    fn clear(&mut self) {
        self.store.clear();
        self.pending = SizedLink::NONE;
        self.known = Known { need: 0, place: 0 };
        self.taken = 0;
        self.rover = P::Rover::START;
    }

    fn check<C: Params>(&self, window: Window<C>) -> Result<Census, Corruption> {
        let mut census = self.store.check(window)?;
        if let Some(pending) = self.pending.chunk {
            let broken = |what| Err(Corruption::at(what, window, pending));
            if window.end() <= pending || window.tag(pending).is_used() {
                return broken("a chunk that waits for its index is in use");
            }
            if window.tag(pending).granules() != self.pending.granules {
                return broken("the index has another size of a chunk than its tag");
            }
            census.count(window, pending)?;
        }
        let lowest = self.store.lowest(window, self.known.need.max(1), || ());
        match (lowest, self.rover.place()) {
            (Some(lowest), _) if lowest.chunk.offset() < self.known.place => {
                Err(Corruption::at("a chunk is below those known", window, lowest.chunk))
            }
            (_, Some(rover)) if window.end() <= rover || window.tag(rover).is_used() => {
                Err(Corruption::at("the rover stands at no free chunk", window, rover))
            }
            _ => Ok(census),
        }
    }
}
