//! Operation counters, an option.
//!
//! The figures of a walk are always available ([`Stats`](crate::Stats)). Those that only counting
//! can tell cost a few adds per operation and about four kilobytes of histogram. So they are an
//! option; a heap without it has a type without size in their place. How long the lock is held takes two looks
//! at the clock for each time that it is taken.

use crate::arena::size_class::{CLASSES, class, least};
use crate::sys::clock;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use core::time::Duration;

/// What a heap counts while it works.
///
/// Only [`Uncounted`] and [`Counted`] implement it.
pub trait Counters: sealed::Sealed + 'static {
    /// The word that names the choice in an attribute.
    const NAME: &'static str;
    /// Whether they count.
    #[doc(hidden)]
    const COUNTS: bool = true;
    /// Counters at zero.
    #[doc(hidden)]
    const NEW: Self;
    /// Counts a served allocation.
    #[doc(hidden)]
    fn allocation(&mut self) {}
    /// Counts a freed chunk.
    #[doc(hidden)]
    fn free(&mut self) {}
    /// Counts a block resized in place.
    #[doc(hidden)]
    fn resize(&mut self) {}
    /// Counts a chunk that a search visits.
    #[doc(hidden)]
    fn visit(&mut self) {}
    /// Counts a search that ends.
    #[doc(hidden)]
    fn search(&mut self) {}
    /// Returns the moment at which the heap's lock was taken, for [`held`](Counters::held).
    #[doc(hidden)]
    #[must_use]
    fn taken() -> u64 {
        0
    }
    /// Counts an acquisition of the heap's lock, which is held since that moment.
    #[doc(hidden)]
    fn held(&mut self, _taken: u64) {}
    /// What is counted of another lock of the heap.
    #[doc(hidden)]
    type LockStats: Send;
    /// Of a lock that was never taken.
    #[doc(hidden)]
    const UNTAKEN: Self::LockStats;
    /// Counts an acquisition of that lock, which is held since `taken`.
    #[doc(hidden)]
    fn count_lock(_stats: &mut Self::LockStats, _taken: u64) {}
    /// Returns what was counted.
    #[doc(hidden)]
    fn lock_stats(_stats: &Self::LockStats) -> LockStats {
        LockStats::NONE
    }
    /// Counts a call of one of the C functions that a heap defines.
    #[doc(hidden)]
    fn call() {}
    /// Returns the figures so far.
    #[doc(hidden)]
    fn figures(&self) -> Option<Operations>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Uncounted {}
    impl Sealed for super::Counted {}
}

/// The operations of one heap since its first, with `stats = "counters"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operations {
    /// Allocations served, those of a reallocation that moved included.
    pub allocations: u64,
    /// Chunks freed, those of a reallocation that moved included.
    pub frees: u64,
    /// Reallocations served in place.
    pub resizes: u64,
    /// Searches among the free chunks.
    pub searches: u64,
    /// Free chunks that these searches visited, in total.
    pub visited: u64,
    /// The median of free chunks visited per search: exact below 32, otherwise the lower end of a
    /// range of one sixteenth.
    pub visited_median: u32,
    /// The most that 99 of a hundred searches visited, as exact as the median.
    pub visited_percentile_99: u32,
    /// The maximum of free chunks visited by one search.
    pub visited_max: u32,
    /// Acquisitions of the heap's lock: by requests, by caches, and by walks such as
    /// [`stats`](crate::BrkHeap::stats), but not by `fork`. An acquisition counts once it ends, so the walk that returns
    /// these figures is not among them. A [`Heap`](crate::Heap) has no lock.
    pub acquisitions: u64,
    /// How long the lock was held, in total; `None` where the system has no clock in nanoseconds, which
    /// is on Unix alone. About one reading of the clock for each acquisition is in it, some 20 ns, and so is
    /// the time for which a thread that holds the lock has no processor.
    pub held: Option<Duration>,
    /// Acquisitions of the locks of size classes, one a class, under which threads hand each other lists of small
    /// objects; 0 without a cache.
    pub handovers: u64,
    /// Of these, the acquisitions of the lock that was held longest.
    pub busiest_handovers: u64,
    /// How long that lock was held, counted as [`held`](Operations::held) is.
    pub busiest_held: Option<Duration>,
}

impl Operations {
    /// Adds what was counted of one lock of a size class.
    pub(crate) fn add(&mut self, stats: LockStats) {
        self.handovers += stats.acquisitions;
        let busiest = (self.busiest_held, self.busiest_handovers);
        let this = (stats.time(), stats.acquisitions);
        (self.busiest_held, self.busiest_handovers) = busiest.max(this);
    }
}

/// Calls of C's functions. Only one heap of a program defines them, and its caches serve most
/// calls, so this counter stands beside the heap.
static CALLS: Tally = Tally::NEW;

/// A figure that threads may add to concurrently. It orders nothing.
#[derive(Debug)]
pub(crate) struct Tally(AtomicUsize);

impl Tally {
    #[expect(clippy::declare_interior_mutable_const, reason = "where each figure comes from")]
    pub(crate) const NEW: Self = Self(AtomicUsize::new(0));

    /// Adds `change`; to subtract, pass the wrapped negative.
    #[inline]
    pub(crate) fn add(&self, change: usize) {
        #[cfg(target_has_atomic = "ptr")]
        self.0.fetch_add(change, Relaxed);
        // One core: an addition by an interrupt in between is lost. The figure is wrong then,
        // nothing else.
        #[cfg(not(target_has_atomic = "ptr"))]
        self.0.store(self.get().wrapping_add(change), Relaxed);
    }

    #[inline]
    pub(crate) fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

/// Returns how often C code has called the functions of the one heap that defines them, if that
/// heap counts.
#[cfg(unix)]
#[must_use]
pub fn calls() -> usize {
    CALLS.get()
}

/// No counters.
#[derive(Clone, Copy, Debug)]
pub struct Uncounted;

impl Counters for Uncounted {
    const NAME: &'static str = "none";
    const COUNTS: bool = false;
    const NEW: Self = Self;
    type LockStats = ();
    const UNTAKEN: () = ();
    fn figures(&self) -> Option<Operations> {
        None
    }
}

/// Counters of operations, and of the chunks that each search visits.
#[derive(Clone, Debug)]
pub struct Counted {
    allocations: u64,
    frees: u64,
    resizes: u64,
    searches: u64,
    visited: u64,
    visited_max: u32,
    /// Chunks that the current search has visited.
    visits: u32,
    /// The heap's lock.
    lock: LockStats,
    /// Searches by the size class of their visits.
    histogram: [u64; CLASSES],
}

/// Acquisitions of a lock, and how many nanoseconds it was held.
#[derive(Clone, Copy, Debug)]
pub struct LockStats {
    acquisitions: u64,
    held: u64,
}

impl LockStats {
    const NONE: Self = Self { acquisitions: 0, held: 0 };

    #[inline]
    fn count(&mut self, taken: u64) {
        self.acquisitions += 1;
        self.held += clock::nanoseconds().saturating_sub(taken);
    }

    fn time(self) -> Option<Duration> {
        clock::IS_FINE.then(|| Duration::from_nanos(self.held))
    }
}

impl Counters for Counted {
    const NAME: &'static str = "counters";
    const NEW: Self = Self {
        allocations: 0,
        frees: 0,
        resizes: 0,
        searches: 0,
        visited: 0,
        visited_max: 0,
        visits: 0,
        lock: LockStats::NONE,
        histogram: [0; CLASSES],
    };
    type LockStats = LockStats;
    const UNTAKEN: LockStats = LockStats::NONE;

    #[inline]
    fn allocation(&mut self) {
        self.allocations += 1;
    }

    #[inline]
    fn free(&mut self) {
        self.frees += 1;
    }

    #[inline]
    fn resize(&mut self) {
        self.resizes += 1;
    }

    #[inline]
    fn visit(&mut self) {
        self.visits = self.visits.saturating_add(1);
    }

    #[inline]
    fn search(&mut self) {
        let visits = core::mem::replace(&mut self.visits, 0);
        self.searches += 1;
        self.visited += u64::from(visits);
        self.visited_max = self.visited_max.max(visits);
        if let Some(count) = self.histogram.get_mut(class(visits) as usize) {
            *count += 1;
        }
    }

    #[inline]
    fn taken() -> u64 {
        clock::nanoseconds()
    }

    #[inline]
    fn held(&mut self, taken: u64) {
        self.lock.count(taken);
    }

    #[inline]
    fn count_lock(stats: &mut LockStats, taken: u64) {
        stats.count(taken);
    }

    fn lock_stats(stats: &LockStats) -> LockStats {
        *stats
    }

    #[inline]
    fn call() {
        CALLS.add(1);
    }

    fn figures(&self) -> Option<Operations> {
        Some(Operations {
            allocations: self.allocations,
            frees: self.frees,
            resizes: self.resizes,
            searches: self.searches,
            visited: self.visited,
            visited_median: self.quantile(50),
            visited_percentile_99: self.quantile(99),
            visited_max: self.visited_max,
            acquisitions: self.lock.acquisitions,
            held: self.lock.time(),
            handovers: 0,
            busiest_handovers: 0,
            busiest_held: LockStats::NONE.time(),
        })
    }
}

impl Counted {
    /// Returns the least number of visits that more than `percent` of the searches stayed within;
    /// 0 if there was none.
    fn quantile(&self, percent: u64) -> u32 {
        let mut within = 0;
        let quantile = (0u32..).zip(self.histogram).find_map(|(class, count)| {
            within += count;
            (percent * self.searches < 100 * within).then(|| least(class))
        });
        quantile.unwrap_or(0)
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
    fn one_search_of_a_hundred_is_beyond_the_99th_percentile() {
        let mut counted = Counted::NEW;
        for visits in [1; 198].into_iter().chain([7, 30]) {
            (0..visits).for_each(|_| counted.visit());
            counted.search();
        }
        let figures = counted.figures().expect("these are counted");
        assert_eq!((figures.visited_percentile_99, figures.visited_max), (7, 30));
    }

    #[test]
    fn what_is_not_counted_takes_no_room() {
        assert_eq!(size_of::<Uncounted>(), 0);
        assert_eq!(Uncounted::NEW.figures(), None);
    }
}
