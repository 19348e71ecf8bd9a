//! Bins: a sequence for each size class, and two bitmaps of the classes that have a chunk.
//!
//! ```text
//!   summary   0 0 … 1 0 1        one bit a word of the map
//!   map       [....1...][.1.....1] …      one bit a class
//!   heads     · · · · ┃ · · · …            one sequence a class
//!                     ▼
//!                   chunk ⇄ chunk ⇄ chunk
//! ```
//!
//! Good fit as in TLSF (Masmano, Ripoll, Crespo and Real 2004): a request gets the first chunk of
//! the lowest class all of whose sizes suffice, so no search looks at more than seventeen chunks. By
//! address, an insertion walks its class; the other orders are O(1) throughout. The bins do not
//! look for the best fit within a class.
//!
//! A block at an alignment leaves a chunk of just its size, and no class promises that it fits such
//! a block again: whoever asks for one that does, wherever it begins, asks for more. So an aligned
//! request looks first at chunks of its own size. Otherwise each block of a program that frees and
//! allocates frames would cut a larger chunk, a small block that stays would take what is left of
//! it, and the arena would grow without bound.

use super::sequence::{Sequence, follower};
use super::{Fit, Index, Neighbors, Operations, Pieces, Request};
use crate::arena::SMALL;
use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, Link, Window};
use crate::arena::counters::Counters;
use crate::arena::order::{Insertion, Order};
use crate::arena::params::Params;
use crate::arena::size_class::{self, class, class_of, class_of_at_least};
use crate::arena::tag::{GRANULE, MIN_GRANULES};
use crate::diag::report;

/// The bits of a word of the map, which is one of the processor's.
const BITS: u32 = usize::BITS;

/// The words of the map: enough for every class of 32-bit sizes.
const WORDS: usize = size_class::CLASSES.div_ceil(BITS as usize);

/// How many chunks of a request's own class a search tries, if no higher class has one; and how many
/// of just its size an aligned request tries before.
const TRIES: usize = 8;

/// Returns how many classes an arena of `bytes` needs.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "compared with the type's range just before")]
pub const fn classes(bytes: u64) -> usize {
    let granules = bytes / GRANULE as u64;
    let granules = if (u32::MAX as u64) < granules { u32::MAX } else { granules as u32 };
    class(granules) as usize + 1
}

/// Free chunks in a sequence for each of `CLASSES` size classes, each in the order `O`.
#[derive(Debug)]
pub struct Bins<O: Order, const CLASSES: usize> {
    map: [usize; WORDS],
    summary: u32,
    heads: [Sequence<O>; CLASSES],
}

const _: () = assert!(WORDS < 32, "one word sums up the map, and has a bit to spare");

impl<O: Order, const CLASSES: usize> Index for Bins<O, CLASSES> {
    const POLICY: &'static str = "segregated_fit";
    const ORDER: &'static str = O::NAME;
    const INDEX: Option<&'static str> = None;
}

impl<O: Order, const CLASSES: usize> Bins<O, CLASSES> {
    /// Inserts a chunk into the sequence of its size by `change`, and updates the bitmaps.
    #[inline(always)]
    fn enter<C: Params>(
        &mut self,
        window: Window<C>,
        (chunk, granules): (Chunk, u32),
        change: impl FnOnce(&mut Sequence<O>),
    ) {
        let class = class(granules);
        let Some(sequence) = self.heads.get_mut(class as usize) else {
            impossible::<C>(window.payload(chunk))
        };
        let was_empty = sequence.first().is_none();
        change(sequence);
        if was_empty {
            let word = (class / BITS) as usize;
            let bits = self.map[word];
            self.map[word] = bits | 1 << (class % BITS);
            // Where branches are cheap, the summary is only written if it changes.
            if !SMALL || bits == 0 {
                self.summary |= 1 << word;
            }
        }
    }

    /// Removes a chunk from the sequence of its class by `remove`, which returns the new first one, and
    /// updates the bitmaps.
    #[inline(always)]
    fn leave<C: Params>(
        &mut self,
        window: Window<C>,
        (chunk, class): (Chunk, u32),
        remove: impl FnOnce(&mut Sequence<O>) -> Link,
    ) {
        let Some(sequence) = self.heads.get_mut(class as usize) else {
            impossible::<C>(window.payload(chunk))
        };
        if remove(sequence).is_none() {
            let word = (class / BITS) as usize;
            self.map[word] &= !(1 << (class % BITS));
            if self.map[word] == 0 {
                self.summary &= !(1 << word);
            }
        }
    }

    /// Unlinks a chunk. Needs the class only if the chunk is the first of it.
    #[inline(always)]
    fn unlink<C: Params>(&mut self, window: Window<C>, chunk: Chunk, class: impl FnOnce() -> u32) {
        if Sequence::<O>::is_inner(window, chunk) {
            Sequence::<O>::remove_inner(window, chunk);
        } else {
            self.leave(window, (chunk, class()), |sequence| {
                sequence.remove(window, chunk);
                sequence.first()
            });
        }
    }

    /// Returns the lowest class from `class` on that has a chunk.
    #[inline]
    fn occupied_from(&self, class: u32) -> Option<u32> {
        let word = class / BITS;
        let bits = self.map.get(word as usize)? >> (class % BITS);
        if bits != 0 {
            return Some(class + bits.trailing_zeros());
        }
        let above = self.summary & (u32::MAX << 1 << word);
        let word = if above == 0 { return None } else { above.trailing_zeros() };
        Some(word * BITS + self.map.get(word as usize)?.trailing_zeros())
    }

    /// Tries the first chunks that are as large as an aligned request, but not so large that they fit
    /// it wherever they begin.
    fn find_near<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<u32>> {
        let last = class_of(spacious(request));
        let mut own = self.occupied_from(class(request.need))?;
        let mut place = None;
        for _ in 0..TRIES {
            if last < own {
                return None;
            }
            let chunk = place.or(self.heads.get(own as usize)?.first())?;
            counters.visit();
            let granules = window.tag(chunk).granules();
            if let Some(padding) = request.fit(window, chunk, granules) {
                return Some(Fit { chunk, granules, padding, place: own });
            }
            place = follower(window, chunk);
            if place.is_none() {
                own = self.occupied_from(own + 1)?;
            }
        }
        None
    }
}

impl<O: Order, const CLASSES: usize> Operations for Bins<O, CLASSES> {
    /// The chunk's class.
    type Position = u32;
    // By address a chunk comes back to its place, and newest first to the front, where it was.
    const REPEATS: bool = true;

    /// A chunk that goes to the back of its class is the first only if it is alone there.
    #[inline(always)]
    fn repeats<C: Params>(&self, window: Window<C>, taken: Chunk) -> bool {
        !matches!(O::INSERTION, Insertion::Back) || Sequence::<O>::was_last(window, taken)
    }

    const EMPTY: Self =
        Self { summary: 0, map: [0; WORDS], heads: [const { Sequence::EMPTY }; CLASSES] };

    // Chunks of every size below the first missing class.
    #[expect(clippy::cast_possible_truncation, reason = "compared with a small number just before")]
    const MAX_OFFSET: u32 =
        if size_class::CLASSES <= CLASSES { u32::MAX } else { size_class::least(CLASSES as u32) };

    #[inline]
    fn find<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<u32>> {
        if 1 < request.align {
            if let Some(fit) = self.find_near(window, request, counters) {
                return Some(fit);
            }
        }
        let class = self.occupied_from(class_of_at_least(spacious(request)))?;
        let chunk = self.heads.get(class as usize)?.first()?;
        counters.visit();
        let granules = window.tag(chunk).granules();
        match request.fit(window, chunk, granules) {
            Some(padding) => Some(Fit { chunk, granules, padding, place: class }),
            None => misplaced::<C>(window.payload(chunk)),
        }
    }

    #[inline(always)]
    fn is_searched(&self, request: Request) -> bool {
        let own = class_of(spacious(request)) as usize;
        self.heads.get(own).is_none_or(|sequence| sequence.first().is_none())
    }

    /// Tries the first chunks of the request's own class.
    fn find_elsewhere<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<u32>> {
        let own = class_of(spacious(request));
        let mut place = self.heads.get(own as usize)?.first();
        for _ in 0..TRIES {
            let chunk = place?;
            counters.visit();
            let granules = window.tag(chunk).granules();
            if let Some(padding) = request.fit(window, chunk, granules) {
                return Some(Fit { chunk, granules, padding, place: own });
            }
            place = follower(window, chunk);
        }
        None
    }

    #[inline]
    fn insert<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.enter(window, (chunk, granules), |sequence| sequence.insert(window, chunk));
    }

    #[inline(always)]
    fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.unlink(window, chunk, || class(granules));
    }

    #[inline(always)]
    fn unlink_neighbor<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.remove(window, chunk, granules);
    }

    #[inline(always)]
    fn merge<C: Params>(&mut self, window: Window<C>, _: Neighbors, merged: (Chunk, u32)) {
        self.insert(window, merged.0, merged.1);
    }

    #[inline(always)]
    fn split<C: Params>(&mut self, window: Window<C>, fit: Fit<u32>, pieces: Pieces) {
        self.unlink(window, fit.chunk, || fit.place);
        if let Some(granules) = pieces.lower {
            self.insert(window, fit.chunk, granules);
        }
        if let Some((upper, granules)) = pieces.upper {
            self.insert(window, upper, granules);
        }
    }

    /// A chunk that was found without an alignment is the first of its class.
    #[inline(always)]
    fn split_found<C: Params>(
        &mut self,
        window: Window<C>,
        fit: Fit<u32>,
        upper: Option<(Chunk, u32)>,
    ) {
        let found = (fit.chunk, fit.place);
        self.leave(window, found, |sequence| sequence.remove_head(window, fit.chunk));
        if let Some((upper, granules)) = upper {
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

    #[inline]
    fn append<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.enter(window, (chunk, granules), |sequence| sequence.append(window, chunk));
    }

    fn finish<C: Params>(&mut self, window: Window<C>) {
        self.heads.iter_mut().for_each(|sequence| sequence.finish(window));
    }

    fn check<C: Params>(&self, window: Window<C>) -> Result<Census, Corruption> {
        let mut census = Census::EMPTY;
        for (own, sequence) in self.heads.iter().enumerate() {
            let (word, bit) = (own / BITS as usize, own % BITS as usize);
            let marked = self.map.get(word).is_some_and(|bits| bits >> bit & 1 == 1);
            if marked != sequence.first().is_some() {
                return Err(Corruption::of_window("the map of the bins is wrong", window));
            }
            sequence.check(window, &mut census, |before, chunk| {
                if class(window.tag(chunk).granules()) as usize != own {
                    return Err(Corruption::at("a chunk is in another size's list", window, chunk));
                }
                if O::INSERTION == Insertion::Sorted && before.is_some_and(|before| chunk <= before)
                {
                    return Err(Corruption::at("the list is not in address order", window, chunk));
                }
                Ok(())
            })?;
        }
        for (word, bits) in self.map.iter().enumerate() {
            if (self.summary >> word & 1 == 1) != (*bits != 0) {
                return Err(Corruption::of_window("the summary of the bins is wrong", window));
            }
        }
        Ok(census)
    }
}

/// Returns the granules of a chunk that fits the request wherever it begins. Where a word has 32 bits, no request has
/// more bytes than half of the address space, so granules do not overflow it.
#[inline]
fn spacious(request: Request) -> usize {
    let spare = if 1 < request.align { request.align + MIN_GRANULES - 1 } else { 0 };
    request.need as usize + spare as usize
}

/// Ends the program: the free chunk at `payload` is in the list of another class than its size's.
#[cold]
#[inline(never)]
fn misplaced<C: Params>(payload: *mut u8) -> ! {
    let what = "corrupt free list: a chunk of another size's";
    report::fatal_at::<C>(what, payload)
}

/// Ends the program: the free chunk at `payload` has a size without a class.
#[cold]
#[inline(never)]
fn impossible<C: Params>(payload: *mut u8) -> ! {
    let what = "corrupt chunk header: no free chunk has this size";
    report::fatal_at::<C>(what, payload)
}
