//! The trees of best fit: one for each power of two, sorted by size, the lowest address on top.
//!
//! ```text
//!   map     0 0 … 1 0 1 1 0 …           one bit a power of two
//!   roots   · · … ┃ · ┃ ┃ · …
//!                 ▼
//!                tree   its first e levels decide by the e bits of a size below its leading one,
//!                       the levels below those by bits of the address, lowest bit first
//! ```
//!
//! All chunks of one size share the first e bits, and the lowest of them stands above the others:
//! the first chunk of a size that a path meets is the one that best fit takes. The smallest
//! sufficient size is on the path of the requested size, or leftmost below the last right side that
//! the path passed by, or leftmost in the next tree.
//!
//! *Bound.* A search looks at no more than 2 (e + 1) chunks of a tree and e' + 1 of the next, where
//! 2^e and 2^e' are their least sizes in granules. A change follows one path of at most e + 33. For
//! alignments above a granule a search is a recursion over the candidates that are large enough but
//! whose padding does not fit, at most as deep as a tree; it looks at one path and those
//! candidates.

use super::super::{Fit, Operations, Pieces, Request};
use super::radix::{Radix, Shape, Slot, check_level, child, children};
use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, SizedLink, Window};
use crate::arena::counters::Counters;
use crate::arena::params::Params;

/// How many powers of two a 32-bit size can reach.
const EXPONENTS: usize = 32;

/// Free chunks by size and, among equals, by address.
#[derive(Debug)]
pub struct BySize {
    map: u32,
    roots: [SizedLink; EXPONENTS],
}

/// The tree of sizes from 2^e up to, and without, 2^(e + 1).
#[derive(Clone, Copy)]
struct Exponent(u32);

impl Shape for Exponent {
    #[inline]
    fn ranks_above(upper: (Chunk, u32), lower: (Chunk, u32)) -> bool {
        upper.0 < lower.0
    }

    #[inline]
    fn side(self, (chunk, granules): (Chunk, u32), level: u32) -> usize {
        let bit = if level < self.0 {
            granules >> (self.0 - 1 - level)
        } else {
            chunk.offset().checked_shr(level - self.0).unwrap_or(0)
        };
        (bit & 1) as usize
    }
}

impl BySize {
    /// Runs `change` on the tree for chunks of `granules`, and updates the map.
    #[inline]
    fn with<C: Params>(
        &mut self,
        window: Window<C>,
        granules: u32,
        change: impl FnOnce(&mut Radix<'_, Exponent, C>),
    ) {
        let exponent = granules.ilog2();
        let root = &mut self.roots[exponent as usize];
        let mut tree = Radix { root, shape: Exponent(exponent), window };
        change(&mut tree);
        if tree.root.chunk.is_some() {
            self.map |= 1 << exponent;
        } else {
            self.map &= !(1 << exponent);
        }
    }

    /// Returns a bitmap of the trees that may hold chunks of `need` and more.
    #[inline]
    const fn trees_from(&self, need: u32) -> u32 {
        self.map & (u32::MAX << need.ilog2())
    }
}

/// Returns the smallest chunk of at least `need` in the tree of `exponent`; of equals the lowest.
#[inline]
fn smallest<C: Params>(
    window: Window<C>,
    root: SizedLink,
    exponent: u32,
    need: u32,
    counters: &mut C::Counters,
) -> Option<Fit<Slot>> {
    let mut best = None;
    let mut aside = (SizedLink::NONE, Slot::ROOT);
    let (mut entry, mut place) = (root, Slot::ROOT);
    while let Some(chunk) = entry.chunk {
        counters.visit();
        best = smaller_of(best, (chunk, entry.granules), need, place);
        if entry.granules == need || exponent <= place.level {
            break;
        }
        let side = Exponent(exponent).side((chunk, need), place.level);
        let [left, right] = children(window, chunk);
        if side == 0 && right.chunk.is_some() {
            aside = (right, place.below(chunk, 1));
        }
        entry = if side == 0 { left } else { right };
        place = place.below(chunk, side);
    }
    if best.is_some_and(|best| best.granules == need) {
        return best;
    }
    // Everything aside is larger than the requested size; the leftmost is the smallest.
    (entry, place) = aside;
    while let Some(chunk) = entry.chunk {
        counters.visit();
        best = smaller_of(best, (chunk, entry.granules), need, place);
        if exponent <= place.level {
            break;
        }
        let side = usize::from(child(window, chunk, 0).chunk.is_none());
        entry = child(window, chunk, side);
        place = place.below(chunk, side);
    }
    best
}

/// Returns the smaller of `old` and a chunk that counts only if it has `need`; of equals the old
/// one.
#[inline]
fn smaller_of(
    old: Option<Fit<Slot>>,
    (chunk, granules): (Chunk, u32),
    need: u32,
    place: Slot,
) -> Option<Fit<Slot>> {
    match old {
        Some(smallest) if smallest.granules <= granules => old,
        _ if granules < need => old,
        _ => Some(Fit { chunk, granules, padding: 0, place }),
    }
}

/// Returns the best fit of `best` and the chunks at or below `entry`, whose sizes are at least
/// `low`.
fn best_below<C: Params>(
    window: Window<C>,
    (entry, place): (SizedLink, Slot),
    (exponent, low): (u32, u32),
    request: Request,
    best: Option<Fit<Slot>>,
    counters: &mut C::Counters,
) -> Option<Fit<Slot>> {
    let Some(chunk) = entry.chunk else { return best };
    check_level(window, chunk, place.level);
    // The bits of the sizes below that the levels above leave open.
    let open = exponent.saturating_sub(place.level);
    let enough = u64::from(request.need) < u64::from(low) + (1 << open);
    // No lower chunk of the least size can be below here, where addresses only rise.
    let beaten = best.is_some_and(|best| (best.granules, best.chunk) < (low, chunk));
    if !enough || beaten {
        return best;
    }
    counters.visit();
    let own = request
        .fit(window, chunk, entry.granules)
        .map(|padding| Fit { chunk, granules: entry.granules, padding, place })
        .filter(|own| {
            best.is_none_or(|best| (own.granules, own.chunk) < (best.granules, best.chunk))
        });
    let best = own.or(best);
    let step = if 0 < open { 1 << (open - 1) } else { 0 };
    let [left, right] = children(window, chunk);
    let left = (left, place.below(chunk, 0));
    let right = (right, place.below(chunk, 1));
    let best = best_below(window, left, (exponent, low), request, best, counters);
    best_below(window, right, (exponent, low + step), request, best, counters)
}

impl Operations for BySize {
    type Position = Slot;
    const REPEATS: bool = true;
    const EMPTY: Self = Self { map: 0, roots: [SizedLink::NONE; EXPONENTS] };

    #[inline]
    fn find<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Slot>> {
        let mut trees = self.trees_from(request.need);
        while trees != 0 {
            let exponent = trees.trailing_zeros();
            trees &= trees - 1;
            let root = self.roots[exponent as usize];
            let found = if request.align == 1 {
                let need = request.need.max(1 << exponent);
                smallest(window, root, exponent, need, counters)
            } else {
                let root = (root, Slot::ROOT);
                best_below(window, root, (exponent, 1 << exponent), request, None, counters)
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    #[inline]
    fn insert<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.with(window, granules, |tree| tree.insert(chunk, granules));
    }

    #[inline]
    fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.with(window, granules, |tree| tree.remove(chunk, granules));
    }

    #[inline]
    fn split<C: Params>(&mut self, window: Window<C>, fit: Fit<Slot>, pieces: Pieces) {
        self.with(window, fit.granules, |tree| tree.pull(fit.place, fit.chunk));
        if let Some(granules) = pieces.lower {
            self.insert(window, fit.chunk, granules);
        }
        if let Some((upper, granules)) = pieces.upper {
            self.insert(window, upper, granules);
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
        self.remove(window, chunk, granules);
        if let Some((rest, granules)) = rest {
            self.insert(window, rest, granules);
        }
    }

    fn check<C: Params>(&self, window: Window<C>) -> Result<Census, Corruption> {
        let mut census = Census::EMPTY;
        for (exponent, root) in (0u32..).zip(self.roots) {
            if (self.map >> exponent & 1 == 1) != root.chunk.is_some() {
                return Err(Corruption::of_window("the map of the trees is wrong", window));
            }
            let mut own = root;
            let tree = Radix { root: &mut own, shape: Exponent(exponent), window };
            let belongs = |(_, granules): (Chunk, u32)| granules.checked_ilog2() == Some(exponent);
            tree.check(root, 0, &mut census, &belongs)?;
        }
        Ok(census)
    }
}
