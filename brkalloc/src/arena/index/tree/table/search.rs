//! Searches of the table: the lowest chunk that is large enough, and the one that ranks highest.

use super::{
    DIGIT, Line, MOST, REGION, Table, WIDTH, WITHIN, chunks, free_granules, maximum, said,
};
use crate::arena::chunk::{Chunk, Window};
use crate::arena::counters::Counters;
use crate::arena::index::tree::outranks;
use crate::arena::index::tree::radix::Slot;
use crate::arena::index::{Fit, Request};
use crate::arena::params::Params;

impl Table {
    /// Returns the lowest chunk of at least `need` granules, with its size.
    #[inline]
    pub(in super::super) fn lowest<C: Params>(
        &self,
        window: Window<C>,
        need: u32,
        visit: impl FnMut(),
    ) -> Option<(Chunk, u32)> {
        if self.largest < said(need) {
            return None;
        }
        self.lowest_below(window, (self.height, 0), u32::MAX, need, visit)
    }

    /// Returns the lowest chunk of at least `need` granules at `from` or above, with its size.
    #[inline]
    pub(in super::super) fn lowest_from<C: Params>(
        &self,
        window: Window<C>,
        from: u32,
        need: u32,
        mut visit: impl FnMut(),
    ) -> Option<(Chunk, u32)> {
        if self.largest < said(need) {
            return None;
        }
        if u64::from(from) >> (WITHIN + DIGIT * self.height) != 0 {
            return None;
        }
        let region = from >> WITHIN;
        let begins = self.begins(region) & (u64::MAX << (from % REGION));
        // SAFETY: the bits are this table's for the region, from a place on.
        let found = unsafe { first_of(window, region, begins, need, &mut visit) };
        if let Some(found) = found {
            return Some(found);
        }
        // Up to the first node that has such a chunk on its right.
        let (mut level, mut node) = (0, region);
        while level < self.height {
            let right = u32::MAX << (node % WIDTH + 2);
            (level, node) = (level + 1, node >> DIGIT);
            if at_least(&self.entries(level, node), need) & right != 0 {
                return self.lowest_below(window, (level, node), right, need, visit);
            }
        }
        None
    }

    /// Returns the lowest chunk of `need` granules or more below a node, in the parts whose bits
    /// are `allowed`.
    #[inline]
    fn lowest_below<C: Params>(
        &self,
        window: Window<C>,
        (mut level, mut node): (u32, u32),
        allowed: u32,
        need: u32,
        visit: impl FnMut(),
    ) -> Option<(Chunk, u32)> {
        let mut fitting = at_least(&self.entries(level, node), need) & allowed;
        while fitting != 0 {
            node = node << DIGIT | (fitting.trailing_zeros() - 1);
            level -= 1;
            if level == 0 {
                // SAFETY: the bits are this table's.
                let found = unsafe { first_of(window, node, self.begins(node), need, visit) };
                if found.is_none() && said(need) < MOST {
                    self.disagrees(window, node);
                }
                return found;
            }
            fitting = at_least(&self.entries(level, node), need);
        }
        None
    }

    /// Ends the program: a region has no chunk as large as the table says.
    #[cold]
    fn disagrees<C: Params>(&self, window: Window<C>, region: u32) {
        if !Window::<C>::CHECKED {
            return;
        }
        // SAFETY: the bits are this table's.
        for chunk in unsafe { chunks(region, self.begins(region)) } {
            let tag = window.tag(chunk);
            let above = chunk.above(tag, window.end()).filter(|above| *above < window.end());
            if !above.is_some_and(|above| window.is_above(above, tag.granules())) {
                window.broken("corrupt free chunk: header and footer differ", chunk);
            }
        }
        let place = window.place(region << WITHIN).unwrap_or(Chunk::FIRST);
        window.broken("corrupt free chunk: size was overwritten, near or", place);
    }

    /// Returns the highest-ranking chunk that fits `request`.
    #[inline]
    pub(in super::super) fn largest<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Slot>> {
        self.highest(window, (self.height, 0), request, None, counters)
    }

    /// Returns the highest-ranking of `best` and the chunks below a node that fit `request`.
    ///
    /// Recursive, at most as deep as the table is high. It visits a node if the node's largest
    /// chunk outranks the best so far, the node with the largest chunk first: a chunk that fits
    /// ends the search on its line.
    fn highest<C: Params>(
        &self,
        window: Window<C>,
        (level, node): (u32, u32),
        request: Request,
        mut best: Option<Fit<Slot>>,
        counters: &mut C::Counters,
    ) -> Option<Fit<Slot>> {
        if level == 0 {
            // SAFETY: the bits are this table's.
            for chunk in unsafe { chunks(node, self.begins(node)) } {
                counters.visit();
                let granules = free_granules(window, chunk);
                let fit = request.fit(window, chunk, granules);
                if let (true, Some(padding)) = (outranks(chunk, granules, best), fit) {
                    best = Some(Fit { chunk, granules, padding, place: Slot::ROOT });
                }
            }
            return best;
        }
        let mut line = self.entries(level, node);
        loop {
            let largest = maximum(&line);
            let digit = at_least(&line, largest.unsigned_abs()).trailing_zeros() - 1;
            let below = node << DIGIT | digit;
            let lowest = below << (WITHIN + DIGIT * (level - 1));
            let lowest = window.place(lowest).unwrap_or(Chunk::FIRST);
            let known =
                best.map(|best| Fit { granules: said(best.granules).unsigned_abs(), ..best });
            if largest < said(request.need) || !outranks(lowest, largest.unsigned_abs(), known) {
                return best;
            }
            best = self.highest(window, (level - 1, below), request, best, counters);
            line[digit as usize] = 0;
        }
    }
}

/// Returns the first of these chunks of a region that has `need` granules.
///
/// # Safety
///
/// As for [`chunks`].
#[inline]
unsafe fn first_of<C: Params>(
    window: Window<C>,
    region: u32,
    begins: u64,
    need: u32,
    mut visit: impl FnMut(),
) -> Option<(Chunk, u32)> {
    // SAFETY: the caller guarantees the bits.
    for chunk in unsafe { chunks(region, begins) } {
        visit();
        let granules = free_granules(window, chunk);
        if need <= granules {
            return Some((chunk, granules));
        }
    }
    None
}

/// Returns which entries of a line are `need` or more, as bits: that of the first is bit 1.
///
/// It has no branch and treats all entries alike, so that the compiler compares four at once. (Bit
/// 0 would be a shift by nothing, and so a special case.)
#[inline]
pub(super) fn at_least(line: &Line, need: u32) -> u32 {
    let less = said(need) - 1;
    let mut fitting = 0;
    for (digit, &granules) in line.iter().enumerate() {
        fitting |= u32::from(less < granules) << (digit + 1);
    }
    fitting
}
