//! Bins: a sequence for each size class, and two bitmaps that know which have a chunk.
//!
//! ```text
//!   summary   0 0 … 1 0 1        one bit a word of the map
//!   map       [....1...][.1.....1] …      one bit a class
//!   heads     · · · · ┃ · · · …            one sequence a class
//!                     ▼
//!                   chunk ⇄ chunk ⇄ chunk
//! ```
//!
//! Good fit as in TLSF (Masmano, Ripoll, Crespo and Real 2004): a request takes the first chunk of
//! the lowest class all of whose sizes suffice, so no search looks at more than nine chunks. By
//! address an insertion walks its class; the other orders are O(1) throughout. The bins do not look
//! for the best fit within a class.

use super::sequence::Sequence;
use super::{Fit, Index, Operations, Pieces, Request};
use crate::check::{Census, Corruption};
use crate::chunk::{Chunk, Window};
use crate::config::Config;
use crate::counters::Counters;
use crate::order::{Order, Place};
use crate::size_class::{self, class, class_of_at_least};
use crate::tag::GRANULE;
use core::marker::PhantomData;

/// Words of the map: enough for every class of 32-bit sizes.
const WORDS: usize = size_class::CLASSES.div_ceil(32);

/// How many chunks of a request's own class are looked at, where no higher class has one.
const TRIES: usize = 8;

/// How many classes an arena of `bytes` needs.
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
    summary: u32,
    map: [u32; WORDS],
    heads: [Sequence; CLASSES],
    order: PhantomData<O>,
}

const _: () = assert!(WORDS <= 32, "one word sums up the map");

impl<O: Order, const CLASSES: usize> Index for Bins<O, CLASSES> {
    const POLICY: &'static str = "segregated_fit";
    const ORDER: &'static str = O::NAME;
    const INDEX: Option<&'static str> = None;
}

impl<O: Order, const CLASSES: usize> Bins<O, CLASSES> {
    /// The sequence of chunks of `granules`, for a change; the bitmaps follow.
    #[inline]
    fn with<C: Config>(
        &mut self,
        window: Window<C>,
        (chunk, granules): (Chunk, u32),
        change: impl FnOnce(&mut Sequence),
    ) {
        let class = class(granules) as usize;
        let Some(sequence) = self.heads.get_mut(class) else {
            window.broken("a free chunk of an impossible size", chunk)
        };
        change(sequence);
        let (word, bit) = (class / 32, 1 << (class % 32));
        if sequence.first().is_some() {
            self.map[word] |= bit;
            self.summary |= 1 << word;
        } else {
            self.map[word] &= !bit;
            if self.map[word] == 0 {
                self.summary &= !(1 << word);
            }
        }
    }

    /// The lowest class from `class` on that has a chunk.
    #[inline]
    fn occupied_from(&self, class: u32) -> Option<usize> {
        let word = class as usize / 32;
        let bits = self.map.get(word)? & (u32::MAX << (class % 32));
        if bits != 0 {
            return Some(word * 32 + bits.trailing_zeros() as usize);
        }
        // In two steps: `word` may be 31.
        let above = self.summary & (u32::MAX << word << 1);
        let word = if above == 0 { return None } else { above.trailing_zeros() as usize };
        Some(word * 32 + self.map.get(word)?.trailing_zeros() as usize)
    }
}

impl<O: Order, const CLASSES: usize> Operations for Bins<O, CLASSES> {
    type Place = ();
    const EMPTY: Self =
        Self { summary: 0, map: [0; WORDS], heads: [Sequence::EMPTY; CLASSES], order: PhantomData };

    // A chunk of every size below the least of the class that is missing.
    #[expect(clippy::cast_possible_truncation, reason = "compared with a small number just before")]
    const REACH: u32 =
        if size_class::CLASSES <= CLASSES { u32::MAX } else { size_class::least(CLASSES as u32) };

    #[inline]
    fn find<C: Config>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<()>> {
        let spare = if 1 < request.align { request.align + 1 } else { 0 };
        let granules = request.need.checked_add(spare)?;
        if let Some(class) = self.occupied_from(class_of_at_least(granules)) {
            let chunk = self.heads.get(class)?.first()?;
            counters.visit();
            let granules = window.tag(chunk).granules();
            if let Some(padding) = request.fit(window, chunk, granules) {
                return Some(Fit { chunk, granules, padding, place: () });
            }
            window.broken("a free chunk in a list that is not its size's", chunk);
        }
        let mut place = self.heads.get(class(granules) as usize)?.first();
        for _ in 0..TRIES {
            let chunk = place?;
            counters.visit();
            let granules = window.tag(chunk).granules();
            if let Some(padding) = request.fit(window, chunk, granules) {
                return Some(Fit { chunk, granules, padding, place: () });
            }
            place = Sequence::follower(window, chunk);
        }
        None
    }

    #[inline]
    fn insert<C: Config>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.with(window, (chunk, granules), |sequence| match O::PLACE {
            Place::Sorted => sequence.insert_sorted(window, chunk),
            Place::Front => sequence.push_front(window, chunk),
            Place::Back => sequence.push_back(window, chunk),
        });
    }

    #[inline]
    fn remove<C: Config>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.with(window, (chunk, granules), |sequence| {
            sequence.remove(window, chunk);
        });
    }

    #[inline]
    fn take<C: Config>(&mut self, window: Window<C>, fit: Fit<()>, pieces: Pieces) {
        self.remove(window, fit.chunk, fit.granules);
        if let Some(granules) = pieces.lower {
            self.insert(window, fit.chunk, granules);
        }
        if let Some((upper, granules)) = pieces.upper {
            self.insert(window, upper, granules);
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
        self.remove(window, chunk, granules);
        if let Some((rest, granules)) = rest {
            self.insert(window, rest, granules);
        }
    }

    #[inline]
    fn append<C: Config>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.with(window, (chunk, granules), |sequence| sequence.push_back(window, chunk));
    }

    fn check<C: Config>(&self, window: Window<C>) -> Result<Census, Corruption> {
        let mut census = Census::EMPTY;
        for (own, sequence) in self.heads.iter().enumerate() {
            let (word, bit) = (own / 32, own % 32);
            let marked = self.map[word] >> bit & 1 == 1;
            if marked != sequence.first().is_some() {
                return Err(Corruption::of_window("the map of the bins is wrong", window));
            }
            sequence.check(window, &mut census, |before, chunk| {
                if class(window.tag(chunk).granules()) as usize != own {
                    return Err(Corruption::at("a chunk is in another size's list", window, chunk));
                }
                if O::PLACE == Place::Sorted && before.is_some_and(|before| chunk <= before) {
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
