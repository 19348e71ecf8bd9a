//! Free chunks by address in a tree of their own links, the largest chunk on top.
//!
//! The root is the chunk that worst fit takes. The lowest fitting chunk is on the path that goes
//! left wherever the left side has a chunk large enough, because all chunks on a left side lie
//! below all on the right. A search from an address on follows that address down and remembers the
//! last right side that it passed by, so it looks at two chunks per level.
//!
//! *Bound.* Keys are granule offsets. In a window of w granules they have ⌈log₂ w⌉ bits: 13 levels
//! for 64 KiB, 33 for 64 GiB. For alignments above a granule the bound holds for each candidate
//! that is large enough but whose padding does not fit.
//!
//! Worst fit for such an alignment is a recursion over those candidates, at most as deep as the
//! tree. Where the code is to be [small](SMALL), every change is a removal and an insertion, and no
//! search remembers a slot. This module knows no policy; [`ByAddress`](super::ByAddress) does.

use super::super::{Fit, Request};
use super::radix::{Radix, Shape, Slot, check_level, child, children};
use super::store::Keep;
use super::{Candidate, outranks};
use crate::arena::SMALL;
use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, SizedLink, Window};
use crate::arena::counters::Counters;
use crate::arena::params::Params;

/// A tree of free chunks by address, in the chunks' own links: the store of a heap that has no other.
#[derive(Debug)]
pub struct Links {
    root: SizedLink,
    shape: Bits,
}

/// Keys of this many bits: every granule offset in the tree has no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bits(u32);

impl Bits {
    /// Returns enough bits for `chunk`.
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

impl Links {
    #[inline]
    fn tree<C: Params>(&mut self, window: Window<C>) -> Radix<'_, Bits, C> {
        Radix { root: &mut self.root, shape: self.shape, window }
    }

    /// Lengthens the keys if `chunk` needs it.
    #[inline]
    fn reach<C: Params>(&mut self, window: Window<C>, chunk: Chunk) {
        if self.shape.0 < Bits::of(chunk).0 {
            self.lengthen(window, chunk);
        }
    }

    /// Adds leading zeros to all keys: the largest chunk stays on top, the others move one level
    /// down, to its left.
    #[cold]
    fn lengthen<C: Params>(&mut self, window: Window<C>, chunk: Chunk) {
        let wanted = Bits::of(chunk);
        while let (true, Some(top)) = (self.shape != wanted, self.root.chunk) {
            let granules = self.root.granules;
            self.tree(window).remove(top, granules);
            let rest = core::mem::replace(&mut self.root, SizedLink::of(top, granules));
            window.set_node(top, [rest, SizedLink::NONE]);
            self.shape.0 += 1;
        }
        self.shape = wanted;
    }
}

impl Keep for Links {
    const EMPTY: Self = Self { root: SizedLink::NONE, shape: Bits(0) };

    #[inline]
    fn inherit<C: Params>(&mut self, window: Window<C>, old: Candidate, heir: (Chunk, u32)) {
        if SMALL {
            self.remove(window, old.chunk, old.granules);
            return self.insert(window, heir.0, heir.1);
        }
        // The heir is smaller, so all above outrank it: it may enter there if its own key leads
        // there, too.
        let decided = old.place.level.min(self.shape.0);
        let way = u64::from(old.chunk.offset() ^ heir.0.offset()) >> (self.shape.0 - decided);
        if way == 0 && Bits::of(heir.0).0 <= self.shape.0 {
            self.tree(window).replace(old.place, old.chunk, heir);
        } else {
            self.tree(window).pull(old.place, old.chunk);
            self.insert(window, heir.0, heir.1);
        }
    }

    #[inline]
    fn lowest<C: Params>(
        &self,
        window: Window<C>,
        need: u32,
        visit: impl FnMut(),
    ) -> Option<Candidate> {
        lowest_below(window, (self.root, Slot::ROOT), need, None, visit)
    }

    #[inline]
    fn lowest_from<C: Params>(
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
        let (mut aside, mut aside_place) = (SizedLink::NONE, Slot::ROOT);
        let (mut entry, mut place) = (self.root, Slot::ROOT);
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

    #[inline]
    fn largest<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Slot>> {
        highest(window, (self.root, Slot::ROOT), request, None, counters)
    }

    #[cfg_attr(any(brkalloc_small, not(any(unix, windows))), inline(never))]
    #[cfg_attr(not(any(brkalloc_small, not(any(unix, windows)))), inline)]
    fn insert<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.reach(window, chunk);
        self.tree(window).insert(chunk, granules);
    }

    #[cfg_attr(any(brkalloc_small, not(any(unix, windows))), inline(never))]
    #[cfg_attr(not(any(brkalloc_small, not(any(unix, windows)))), inline)]
    fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.tree(window).remove(chunk, granules);
    }

    #[inline]
    fn pull<C: Params>(&mut self, window: Window<C>, found: Candidate) {
        if SMALL {
            return self.remove(window, found.chunk, found.granules);
        }
        self.tree(window).pull(found.place, found.chunk);
    }

    #[inline]
    fn place<C: Params>(&self, window: Window<C>, chunk: Chunk, granules: u32) -> Slot {
        if SMALL {
            return Slot::ROOT;
        }
        let mut root = self.root;
        Radix { root: &mut root, shape: self.shape, window }.find(chunk, granules)
    }

    #[inline]
    fn promote<C: Params>(&mut self, window: Window<C>, old: (Chunk, u32), merged: (Chunk, u32)) {
        if SMALL {
            self.remove(window, old.0, old.1);
            return self.insert(window, merged.0, merged.1);
        }
        self.tree(window).promote(old, merged);
    }

    fn clear(&mut self) {
        *self = Self::EMPTY;
    }

    fn check<C: Params>(&self, window: Window<C>) -> Result<Census, Corruption> {
        let mut census = Census::EMPTY;
        let mut root = self.root;
        let tree = Radix { root: &mut root, shape: self.shape, window };
        tree.check(self.root, 0, &mut census, &|(chunk, _)| Bits::of(chunk).0 <= self.shape.0)?;
        Ok(census)
    }
}

#[inline]
fn lower_of(old: Option<Candidate>, chunk: Chunk, granules: u32, place: Slot) -> Option<Candidate> {
    match old {
        Some(lower) if lower.chunk < chunk => old,
        _ => Some(Candidate { chunk, granules, place }),
    }
}

/// Returns the lowest of `lowest` and the chunks at or below `entry` of at least `need` granules.
#[inline]
fn lowest_below<C: Params>(
    window: Window<C>,
    (mut entry, mut place): (SizedLink, Slot),
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

/// Returns the highest-ranking of `best` and the chunks at or below `entry` that fit `request`.
fn highest<C: Params>(
    window: Window<C>,
    (entry, place): (SizedLink, Slot),
    request: Request,
    best: Option<Fit<Slot>>,
    counters: &mut C::Counters,
) -> Option<Fit<Slot>> {
    let Some(chunk) = entry.chunk else { return best };
    let granules = entry.granules;
    if granules < request.need || !outranks(chunk, granules, best) {
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
