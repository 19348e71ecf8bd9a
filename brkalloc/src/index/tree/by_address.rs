//! The tree of first, next and worst fit: sorted by address, the largest chunk on top.
//!
//! The root is worst fit's answer. The lowest chunk that fits is on the path that goes left
//! wherever the left side has one large enough: whatever stands on a left side lies below whatever
//! stands on the right. A search from an address on follows that address down and remembers the
//! last right side that it passed by, so it looks at two chunks a level.
//!
//! *Bound.* Keys are granule offsets, of which a window of w granules has ⌈log₂ w⌉ bits: 13 levels
//! for 64 KiB, 33 for 64 GiB. For alignments above a granule the bound holds for each candidate
//! that is large enough but whose padding does not fit.
//!
//! Worst fit for such an alignment is a recursion over those candidates, at most as deep as the
//! tree.

use super::super::{Fit, Neighbors, Operations, Pieces, Request};
use super::radix::{Place, Radix, Shape, check_level, child, children};
use crate::check::{Census, Corruption};
use crate::chunk::{Chunk, Entry, Link, Window};
use crate::config::Config;
use crate::counters::Counters;
use crate::policy::{Choice, Policy, Rover};

/// Free chunks by address, searched by the policy `P`.
#[derive(Debug)]
pub struct ByAddress<P: Policy> {
    root: Entry,
    shape: Bits,
    rover: P::Rover,
}

/// Keys of this many bits: every granule offset in the tree has no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bits(u32);

impl Bits {
    /// Enough for `chunk`.
    #[inline]
    const fn of(chunk: Chunk) -> Self {
        Self(chunk.offset().ilog2() + 1)
    }

    #[inline]
    const fn side_of(self, offset: u32, level: u32) -> usize {
        (offset >> self.0.saturating_sub(level + 1) & 1) as usize
    }
}

impl Shape for Bits {
    #[inline]
    fn ranks_above(upper: (Chunk, u32), lower: (Chunk, u32)) -> bool {
        lower.1 < upper.1 || (lower.1 == upper.1 && upper.0 < lower.0)
    }

    #[inline]
    fn side(self, (chunk, _): (Chunk, u32), level: u32) -> usize {
        self.side_of(chunk.offset(), level)
    }
}

impl<P: Policy> ByAddress<P> {
    #[inline]
    fn tree<C: Config>(&mut self, window: Window<C>) -> Radix<'_, Bits, C> {
        Radix { root: &mut self.root, shape: self.shape, window }
    }

    /// Makes the keys as long as `chunk` needs them.
    #[inline]
    fn reach<C: Config>(&mut self, window: Window<C>, chunk: Chunk) {
        if self.shape.0 < Bits::of(chunk).0 {
            self.lengthen(window, chunk);
        }
    }

    /// Adds leading zeros to all keys: the largest chunk stays on top, the others move one level
    /// down, to its left.
    #[cold]
    fn lengthen<C: Config>(&mut self, window: Window<C>, chunk: Chunk) {
        let wanted = Bits::of(chunk);
        while let (true, Some(top)) = (self.shape != wanted, self.root.chunk) {
            let granules = self.root.granules;
            self.tree(window).remove(top, granules);
            let rest = core::mem::replace(&mut self.root, Entry::of(top, granules));
            window.set_node(top, [rest, Entry::NONE]);
            self.shape.0 += 1;
        }
        self.shape = wanted;
    }

    /// Lets `heir`, a smaller piece of the chunk that was found, enter for it.
    #[inline]
    fn inherit<C: Config>(&mut self, window: Window<C>, old: Fit<Place>, heir: (Chunk, u32)) {
        // Smaller than what it comes from, so outranked by all above: it may enter there if its own
        // key leads there, too.
        let decided = old.place.level.min(self.shape.0);
        let way = u64::from(old.chunk.offset() ^ heir.0.offset()) >> (self.shape.0 - decided);
        if way == 0 && Bits::of(heir.0).0 <= self.shape.0 {
            self.tree(window).replace(old.place, old.chunk, heir);
        } else {
            self.tree(window).pull(old.place, old.chunk);
            self.insert(window, heir.0, heir.1);
        }
    }

    /// The lowest chunk at `from` or above it that is at least `need` granules large.
    #[inline]
    fn lowest_from<C: Config>(
        &self,
        window: Window<C>,
        from: u32,
        need: u32,
        mut visit: impl FnMut(),
    ) -> Option<Candidate> {
        if u64::from(from) >> self.shape.0 != 0 {
            return None;
        }
        let mut lowest = None;
        let (mut aside, mut aside_place) = (Entry::NONE, Place::ROOT);
        let (mut entry, mut place) = (self.root, Place::ROOT);
        while let (Some(chunk), true) = (entry.chunk, need <= entry.granules) {
            visit();
            if from <= chunk.offset() {
                lowest = lower_of(lowest, chunk, entry.granules, place);
            }
            if place.level == self.shape.0 {
                // All bits are decided: nothing is below.
                break;
            }
            let [left, right] = children(window, chunk);
            let side = self.shape.side_of(from, place.level);
            if side == 0 {
                if need <= right.granules {
                    (aside, aside_place) = (right, place.below(chunk, 1));
                }
                entry = left;
            } else {
                entry = right;
            }
            place = place.below(chunk, side);
        }
        lowest_below(window, (aside, aside_place), need, lowest, visit)
    }

    /// The lowest chunk from `from` on, before `stop`, that `request` fits.
    #[inline]
    fn first_fit<C: Config>(
        &self,
        window: Window<C>,
        from: u32,
        stop: Link,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Place>> {
        let need = request.need;
        let mut candidate = if from == 0 {
            lowest_below(window, (self.root, Place::ROOT), need, None, || counters.visit())
        } else {
            self.lowest_from(window, from, need, || counters.visit())
        };
        while let Some(Candidate { chunk, granules, place }) = candidate {
            if stop.is_some_and(|stop| stop <= chunk) {
                return None;
            }
            if let Some(padding) = request.fit(window, chunk, granules) {
                return Some(Fit { chunk, granules, padding, place });
            }
            candidate = self.lowest_from(window, chunk.offset() + 1, need, || counters.visit());
        }
        None
    }

    /// The chunk that follows `chunk` in address order.
    fn follower<C: Config>(&self, window: Window<C>, chunk: Chunk) -> Link {
        let follower = self.lowest_from(window, chunk.offset() + 1, 1, || ());
        follower.map(|follower| follower.chunk)
    }

    /// If the rover stands at `chunk`, it moves to its follower.
    #[inline]
    fn leave<C: Config>(&mut self, window: Window<C>, chunk: Chunk) {
        if self.rover.place() == Some(chunk) {
            self.rover = self.rover.moved(self.follower(window, chunk));
        }
    }
}

/// A chunk that is large enough, and where the tree keeps it.
#[derive(Clone, Copy)]
struct Candidate {
    chunk: Chunk,
    granules: u32,
    place: Place,
}

#[inline]
fn lower_of(
    old: Option<Candidate>,
    chunk: Chunk,
    granules: u32,
    place: Place,
) -> Option<Candidate> {
    match old {
        Some(lower) if lower.chunk < chunk => old,
        _ => Some(Candidate { chunk, granules, place }),
    }
}

/// The lowest of `lowest` and those at or below `entry` that are at least `need` granules large.
#[inline]
fn lowest_below<C: Config>(
    window: Window<C>,
    (mut entry, mut place): (Entry, Place),
    need: u32,
    mut lowest: Option<Candidate>,
    mut visit: impl FnMut(),
) -> Option<Candidate> {
    while let (Some(chunk), true) = (entry.chunk, need <= entry.granules) {
        visit();
        check_level(window, chunk, place.level);
        lowest = lower_of(lowest, chunk, entry.granules, place);
        // To the left if that is large enough: a side is a number here, not a branch.
        let side = usize::from(child(window, chunk, 0).granules < need);
        entry = child(window, chunk, side);
        place = place.below(chunk, side);
    }
    lowest
}

/// The highest-ranking of `best` and those at or below `entry` that `request` fits.
fn highest<C: Config>(
    window: Window<C>,
    (entry, place): (Entry, Place),
    request: Request,
    best: Option<Fit<Place>>,
    counters: &mut C::Counters,
) -> Option<Fit<Place>> {
    let Some(chunk) = entry.chunk else { return best };
    let granules = entry.granules;
    let outranked =
        best.is_some_and(|best| Bits::ranks_above((best.chunk, best.granules), (chunk, granules)));
    if granules < request.need || outranked {
        return best;
    }
    counters.visit();
    check_level(window, chunk, place.level);
    if let Some(padding) = request.fit(window, chunk, granules) {
        // It outranks all below it.
        return Some(Fit { chunk, granules, padding, place });
    }
    let [left, right] = children(window, chunk);
    let best = highest(window, (left, place.below(chunk, 0)), request, best, counters);
    highest(window, (right, place.below(chunk, 1)), request, best, counters)
}

impl<P: Policy> Operations for ByAddress<P> {
    type Place = Place;
    const EMPTY: Self = Self { root: Entry::NONE, shape: Bits(0), rover: P::Rover::START };

    #[inline]
    fn find<C: Config>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Place>> {
        match (P::CHOICE, self.rover.place()) {
            (Choice::Largest, _) => {
                highest(window, (self.root, Place::ROOT), request, None, counters)
            }
            (_, Some(rover)) => self
                .first_fit(window, rover.offset(), None, request, counters)
                .or_else(|| self.first_fit(window, 0, Some(rover), request, counters)),
            (_, None) => self.first_fit(window, 0, None, request, counters),
        }
    }

    #[inline]
    fn insert<C: Config>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.reach(window, chunk);
        self.tree(window).insert(chunk, granules);
    }

    #[inline]
    fn remove<C: Config>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.leave(window, chunk);
        self.tree(window).remove(chunk, granules);
    }

    #[inline]
    fn merge<C: Config>(&mut self, window: Window<C>, neighbors: Neighbors, merged: (Chunk, u32)) {
        // Of two neighbors one leaves; the merged chunk stands for the other, whose key it has, or
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
        self.tree(window).promote(kept, merged);
    }

    #[inline]
    fn take<C: Config>(&mut self, window: Window<C>, fit: Fit<Place>, pieces: Pieces) {
        match (pieces.lower, pieces.upper) {
            (Some(granules), upper) => {
                self.inherit(window, fit, (fit.chunk, granules));
                if let Some((upper, granules)) = upper {
                    self.insert(window, upper, granules);
                }
            }
            (None, Some(upper)) => self.inherit(window, fit, upper),
            (None, None) => self.tree(window).pull(fit.place, fit.chunk),
        }
        if P::CHOICE == Choice::Next {
            let upper = pieces.upper.map(|(upper, _)| upper);
            let heir = upper.or_else(|| self.follower(window, fit.chunk));
            self.rover = self.rover.moved(heir);
        }
    }

    #[inline]
    fn shift<C: Config>(
        &mut self,
        window: Window<C>,
        chunk: Chunk,
        granules: u32,
        rest: Option<(Chunk, u32)>,
    ) {
        match rest {
            Some(rest) => {
                let place = self.tree(window).find(chunk, granules);
                self.inherit(window, Fit { chunk, granules, padding: 0, place }, rest);
                if self.rover.place() == Some(chunk) {
                    self.rover = self.rover.moved(Some(rest.0));
                }
            }
            None => self.remove(window, chunk, granules),
        }
    }

    fn check<C: Config>(&self, window: Window<C>) -> Result<Census, Corruption> {
        let mut census = Census::EMPTY;
        let mut root = self.root;
        let rover = self.rover.place();
        let tree = Radix { root: &mut root, shape: self.shape, window };
        tree.check(self.root, 0, &mut census, &|(chunk, _)| Bits::of(chunk).0 <= self.shape.0)?;
        match rover {
            Some(rover) if window.end() <= rover || window.tag(rover).is_used() => {
                Err(Corruption::at("the rover stands at no free chunk", window, rover))
            }
            _ => Ok(census),
        }
    }
}
