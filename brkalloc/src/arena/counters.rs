//! Operation counters, for heaps that asked for them.
//!
//! What a walk over the chunks can tell is always there ([`Stats`](crate::Stats)); what only
//! counting can tell costs a few adds per operation and about four kilobytes of histogram, so it is
//! a choice, and a heap that did not choose it has a type without size in its place.

use crate::arena::size_class::{CLASSES, class, least};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What is counted while a heap works.
///
/// Only [`Uncounted`] and [`Counted`] implement it.
pub trait Counters: sealed::Sealed + 'static {
    /// The word that names the choice in an attribute.
    const NAME: &'static str;
    /// All zero.
    #[doc(hidden)]
    const NEW: Self;
    /// An allocation was served.
    #[doc(hidden)]
    fn allocation(&mut self) {}
    /// A chunk was freed.
    #[doc(hidden)]
    fn free(&mut self) {}
    /// A block was resized where it stands.
    #[doc(hidden)]
    fn resize(&mut self) {}
    /// A search looked at one chunk.
    #[doc(hidden)]
    fn visit(&mut self) {}
    /// A search ended.
    #[doc(hidden)]
    fn search(&mut self) {}
    /// C code has called one of the functions that a heap defines.
    #[doc(hidden)]
    fn call() {}
    /// The figures so far.
    #[doc(hidden)]
    fn figures(&self) -> Option<Operations>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Uncounted {}
    impl Sealed for super::Counted {}
}

/// Operations of one heap since its first, as `stats = "counters"` keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operations {
    /// Allocations served, those of a reallocation that moved included.
    pub allocations: u64,
    /// Chunks freed, those of a reallocation that moved included.
    pub frees: u64,
    /// Reallocations served where the block stood.
    pub resizes: u64,
    /// Searches among the free chunks.
    pub searches: u64,
    /// Free chunks that these searches looked at, in all.
    pub visited: u64,
    /// Free chunks that a search looked at, in the median: exact below 32, else the lower end of a
    /// range of one sixteenth.
    pub visited_median: u32,
    /// Free chunks that a search looked at, at the most.
    pub visited_max: u32,
}

/// Calls of C's functions. One heap of a program has them, and its caches serve most of the calls,
/// so they are counted beside the heap.
static CALLS: Tally = Tally::NEW;

/// A figure that threads add to at the same time; nothing is ordered by it.
#[derive(Debug)]
pub(crate) struct Tally(AtomicUsize);

impl Tally {
    #[expect(clippy::declare_interior_mutable_const, reason = "where each figure comes from")]
    pub(crate) const NEW: Self = Self(AtomicUsize::new(0));

    /// Adds `change`; to take something away, its negative, wrapped.
    #[inline]
    pub(crate) fn add(&self, change: usize) {
        #[cfg(target_has_atomic = "ptr")]
        self.0.fetch_add(change, Relaxed);
        // One core: what an interrupt adds in between is lost, and a figure is wrong, no more.
        #[cfg(not(target_has_atomic = "ptr"))]
        self.0.store(self.get().wrapping_add(change), Relaxed);
    }

    #[inline]
    pub(crate) fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

/// How often C code has called the functions of the one heap that defines them, if that counts.
#[cfg(unix)]
#[must_use]
pub fn calls() -> usize {
    CALLS.get()
}

/// Nothing is counted.
#[derive(Clone, Copy, Debug)]
pub struct Uncounted;

impl Counters for Uncounted {
    const NAME: &'static str = "none";
    const NEW: Self = Self;
    fn figures(&self) -> Option<Operations> {
        None
    }
}

/// Operations, and the chunks that each search looked at, are counted.
#[derive(Clone, Debug)]
pub struct Counted {
    operations: Operations,
    /// Chunks that the current search has looked at.
    visits: u32,
    /// Searches by the size class of their visits.
    histogram: [u64; CLASSES],
}

impl Counters for Counted {
    const NAME: &'static str = "counters";
    const NEW: Self = Self {
        operations: Operations {
            allocations: 0,
            frees: 0,
            resizes: 0,
            searches: 0,
            visited: 0,
            visited_median: 0,
            visited_max: 0,
        },
        visits: 0,
        histogram: [0; CLASSES],
    };

    #[inline]
    fn allocation(&mut self) {
        self.operations.allocations += 1;
    }

    #[inline]
    fn free(&mut self) {
        self.operations.frees += 1;
    }

    #[inline]
    fn resize(&mut self) {
        self.operations.resizes += 1;
    }

    #[inline]
    fn visit(&mut self) {
        self.visits = self.visits.saturating_add(1);
    }

    #[inline]
    fn search(&mut self) {
        let visits = core::mem::replace(&mut self.visits, 0);
        self.operations.searches += 1;
        self.operations.visited += u64::from(visits);
        self.operations.visited_max = self.operations.visited_max.max(visits);
        if let Some(count) = self.histogram.get_mut(class(visits) as usize) {
            *count += 1;
        }
    }

    #[inline]
    fn call() {
        CALLS.add(1);
    }

    fn figures(&self) -> Option<Operations> {
        let mut below = 0;
        let median = (0u32..).zip(self.histogram).find_map(|(class, count)| {
            below += count;
            (self.operations.searches < 2 * below).then(|| least(class))
        });
        Some(Operations { visited_median: median.unwrap_or(0), ..self.operations })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_that_of_the_searches() {
        let mut counted = Counted::NEW;
        for visits in [0, 3, 3, 5, 900] {
            (0..visits).for_each(|_| counted.visit());
            counted.search();
        }
        let figures = counted.figures().expect("these are counted");
        assert_eq!((figures.searches, figures.visited), (5, 911));
        assert_eq!((figures.visited_median, figures.visited_max), (3, 900));
    }

    #[test]
    fn what_is_not_counted_takes_no_room() {
        assert_eq!(size_of::<Uncounted>(), 0);
        assert_eq!(Uncounted::NEW.figures(), None);
    }
}
