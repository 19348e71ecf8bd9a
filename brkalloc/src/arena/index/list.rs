//! The chunk list of the textbooks: free chunks doubly linked, walked as they stand.
//!
//! A search among n free chunks looks at up to n of them, and so does an insertion by address.
//! Everything else is O(1). The list serves every policy and order but segregated fit, and alone
//! serves a policy of the user's own. It is not the fast index: it is the one that is obviously
//! right.

use super::sequence::{self, Sequence};
use super::{Fit, Index, Operations, Pieces, Request};
use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, Link, Window};
use crate::arena::counters::Counters;
use crate::arena::order::{Insertion, Order};
use crate::arena::params::Params;
use crate::arena::placement::{Candidate, Search};
use crate::arena::policy::{Choice, Policy, Rover};
use crate::arena::tag::WORD;
use crate::diag::report;
use core::iter::FusedIterator;
use core::marker::PhantomData;

/// Free chunks in one doubly linked list, in the order `O`, searched by the policy `P`.
#[derive(Debug)]
pub struct List<P: Policy, O: Order> {
    sequence: Sequence<O>,
    rover: P::Rover,
}

impl<P: Policy, O: Order> Index for List<P, O> {
    const POLICY: &'static str = P::NAME;
    const BY_PATH: bool = P::IS_PATH;
    const ORDER: &'static str = O::NAME;
    const INDEX: Option<&'static str> = Some("list");
}

impl<P: Policy, O: Order> List<P, O> {
    /// Moves the rover to `heir` if it stands at `chunk`.
    #[inline]
    fn leave(&mut self, chunk: Chunk, heir: Link) {
        if self.rover.place() == Some(chunk) {
            self.rover = self.rover.moved(heir);
        }
    }
}

impl<P: Policy, O: Order> Operations for List<P, O> {
    type Position = ();
    // A chunk that goes to the back is not where it was; a rover has moved; and a policy of the user's
    // may answer as it likes.
    const REPEATS: bool = !matches!(O::INSERTION, Insertion::Back)
        && matches!(P::CHOICE, Choice::First | Choice::Smallest | Choice::Largest);

    /// A chunk that goes to the front is where it was only if it stood there.
    #[inline]
    fn repeats<C: Params>(&self, window: Window<C>, taken: Chunk) -> bool {
        !matches!(O::INSERTION, Insertion::Front) || !Sequence::<O>::is_inner(window, taken)
    }

    const EMPTY: Self = Self { sequence: Sequence::EMPTY, rover: P::Rover::START };
    const RUNS_OTHERS: bool = matches!(P::CHOICE, Choice::Own);

    fn find<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<()>> {
        let first = self.sequence.first();
        let mut walk = Walk { sequence: &self.sequence, window, request, counters };
        match P::CHOICE {
            Choice::First => walk.first_fit(first, None),
            Choice::Next => match self.rover.place() {
                Some(rover) => {
                    walk.first_fit(Some(rover), None).or_else(|| walk.first_fit(first, Some(rover)))
                }
                None => walk.first_fit(first, None),
            },
            Choice::Smallest => walk.best(first, request.need, |new, old| new < old),
            Choice::Largest => walk.best(first, u32::MAX, |new, old| old < new),
            Choice::Own => {
                first?;
                let fits = Fits { walk, passed: None, search: PhantomData };
                let chosen = report::without_unwinding(|| C::NAME, || P::choose(request, fits));
                chosen.map(|candidate| candidate.fit)
            }
        }
    }

    #[inline]
    fn insert<C: Params>(&mut self, window: Window<C>, chunk: Chunk, _: u32) {
        self.sequence.insert(window, chunk);
    }

    #[inline]
    fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk, _: u32) {
        let follower = self.sequence.remove(window, chunk);
        self.leave(chunk, follower);
    }

    fn split<C: Params>(&mut self, window: Window<C>, fit: Fit<()>, pieces: Pieces) {
        let follower = sequence::follower(window, fit.chunk);
        match (pieces.lower, pieces.upper) {
            (Some(_), Some((upper, _))) => self.sequence.insert_behind(window, fit.chunk, upper),
            (Some(_), None) => {}
            (None, Some((upper, _))) => self.sequence.replace(window, fit.chunk, upper),
            (None, None) => {
                self.sequence.remove(window, fit.chunk);
            }
        }
        self.rover = self.rover.moved(pieces.upper.map(|(upper, _)| upper).or(follower));
    }

    fn shrink<C: Params>(
        &mut self,
        window: Window<C>,
        chunk: Chunk,
        granules: u32,
        rest: Option<(Chunk, u32)>,
    ) {
        match rest {
            Some((rest, _)) => {
                self.sequence.replace(window, chunk, rest);
                self.leave(chunk, Some(rest));
            }
            None => self.remove(window, chunk, granules),
        }
    }

    #[inline]
    fn append<C: Params>(&mut self, window: Window<C>, chunk: Chunk, _: u32) {
        self.sequence.append(window, chunk);
    }

    fn finish<C: Params>(&mut self, window: Window<C>) {
        self.sequence.finish(window);
    }

    fn check<C: Params>(&self, window: Window<C>) -> Result<Census, Corruption> {
        let mut census = Census::EMPTY;
        let mut rover_seen = self.rover.place().is_none();
        self.sequence.check(window, &mut census, |before, chunk| {
            rover_seen |= self.rover.place() == Some(chunk);
            if O::INSERTION == Insertion::Sorted && before.is_some_and(|before| chunk <= before) {
                return Err(Corruption::at("the list is not in address order", window, chunk));
            }
            Ok(())
        })?;
        match self.rover.place() {
            Some(rover) if !rover_seen => {
                Err(Corruption::at("the rover stands at no free chunk", window, rover))
            }
            _ => Ok(census),
        }
    }
}

/// One search along a list.
struct Walk<'a, O, C: Params> {
    sequence: &'a Sequence<O>,
    window: Window<C>,
    request: Request,
    counters: &'a mut C::Counters,
}

impl<O: Order, C: Params> Walk<'_, O, C> {
    /// How the request fits `chunk`, if it does.
    #[inline]
    fn visit(&mut self, chunk: Chunk) -> Option<Fit<()>> {
        self.counters.visit();
        let granules = self.window.tag(chunk).granules();
        let padding = self.request.fit(self.window, chunk, granules)?;
        Some(Fit { chunk, granules, padding, place: () })
    }

    /// The first that fits from `place` on, before `stop`.
    #[inline]
    fn first_fit(&mut self, mut place: Link, stop: Link) -> Option<Fit<()>> {
        while let Some(chunk) = place {
            if place == stop {
                return None;
            }
            if let Some(fit) = self.visit(chunk) {
                return Some(fit);
            }
            place = self.sequence.next(self.window, chunk);
        }
        None
    }

    /// Returns the first of the best chunks that fit. Stops early at a chunk of `ideal` granules,
    /// because nothing is better.
    #[inline]
    fn best(
        &mut self,
        mut place: Link,
        ideal: u32,
        better: impl Fn(u32, u32) -> bool,
    ) -> Option<Fit<()>> {
        let mut best: Option<Fit<()>> = None;
        while let Some(chunk) = place {
            if let Some(fit) = self.visit(chunk) {
                if best.is_none_or(|best| better(fit.granules, best.granules)) {
                    best = Some(fit);
                    if fit.granules == ideal {
                        break;
                    }
                }
            }
            place = self.sequence.next(self.window, chunk);
        }
        best
    }
}

/// The chunks that fit, in the order of the list, for a policy of the user's own.
struct Fits<'a, 's, O, C: Params> {
    walk: Walk<'a, O, C>,
    /// The last chunk that the walk visited; none before the first.
    passed: Link,
    search: Search<'s>,
}

impl<'s, O: Order, C: Params> Iterator for Fits<'_, 's, O, C> {
    type Item = Candidate<'s>;

    #[inline]
    fn next(&mut self) -> Option<Candidate<'s>> {
        let Walk { sequence, window, .. } = self.walk;
        loop {
            let place = self.passed.map_or(sequence.first(), |chunk| sequence.next(window, chunk));
            self.passed = place.or(self.passed);
            if let Some(fit) = self.walk.visit(place?) {
                let address = window.payload(fit.chunk).addr() - WORD;
                return Some(Candidate { fit, address, search: self.search });
            }
        }
    }
}

/// Behind the last chunk there is none, however often one asks.
impl<O: Order, C: Params> FusedIterator for Fits<'_, '_, O, C> {}
