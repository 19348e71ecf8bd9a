//! Policies of the user's own beside the built-in ones of the same rule, over lists in every order: each pair replays
//! what it is given. They are compiled here, optimized.

use crate::{Opened, Placed};
use brkalloc::__private::Mmap;
use brkalloc::{BrkHeap, Candidate, Config, Heap, Operations, Placement, Request, brk_heap};
use brkalloc_oracle::replay::{self, Summary};
use brkalloc_oracle::trace::Event;

/// The first.
pub(crate) struct Foremost;

impl Placement for Foremost {
    fn choose<'s>(
        _: Request,
        mut fits: impl Iterator<Item = Candidate<'s>>,
    ) -> Option<Candidate<'s>> {
        fits.next()
    }
}

/// The smallest; of equals the first. None is better than one of the size that is needed.
struct Snug;

impl Placement for Snug {
    fn choose<'s>(
        request: Request,
        fits: impl Iterator<Item = Candidate<'s>>,
    ) -> Option<Candidate<'s>> {
        let mut best: Option<Candidate<'s>> = None;
        for candidate in fits {
            if best.is_none_or(|best| candidate.size() < best.size()) {
                best = Some(candidate);
                if candidate.size() == request.size() {
                    break;
                }
            }
        }
        best
    }
}

/// The largest; of equals the first.
struct Roomy;

impl Placement for Roomy {
    fn choose<'s>(_: Request, fits: impl Iterator<Item = Candidate<'s>>) -> Option<Candidate<'s>> {
        fits.reduce(|best, next| if best.size() < next.size() { next } else { best })
    }
}

/// What a replay ends with.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// All that it returned.
    pub summary: Summary,
    /// The farthest byte.
    pub high_water: u64,
    /// What the heap did for it.
    pub operations: Operations,
}

/// A policy of the user's own, and the built-in one of its rule.
#[derive(Debug)]
pub struct Pair {
    /// Rule, order, and when neighbors merge.
    pub name: &'static str,
    /// The replay over the own policy.
    pub own: fn(&[Event]) -> Outcome,
    /// The replay over the built-in one.
    pub built_in: fn(&[Event]) -> Outcome,
}

/// Every rule in every order, with every way to coalesce.
#[must_use]
#[inline(never)]
pub fn pairs() -> Vec<Pair> {
    macro_rules! pairs {
        ($($own:ident $built_in:literal $order:literal $coalesce:literal)+) => {vec![$({
            #[brk_heap(policy = $own, order = $order, coalesce = $coalesce, stats = "counters")]
            static OWN: BrkHeap;
            #[brk_heap(policy = $built_in, order = $order, index = "list", coalesce = $coalesce,
                stats = "counters")]
            static BUILT_IN: BrkHeap;
            Pair {
                name: concat!($built_in, " ", $order, " ", $coalesce),
                own: replayed::<OWN>,
                built_in: replayed::<BUILT_IN>,
            }
        }),+]};
        ($($own:ident $built_in:literal)+) => {
            pairs! {$(
                $own $built_in "address" "immediate"
                $own $built_in "address" "deferred"
                $own $built_in "address" "never"
                $own $built_in "lifo" "immediate"
                $own $built_in "lifo" "deferred"
                $own $built_in "lifo" "never"
                $own $built_in "fifo" "immediate"
                $own $built_in "fifo" "deferred"
                $own $built_in "fifo" "never"
            )+}
        };
    }
    pairs!(Foremost "first_fit" Snug "best_fit" Roomy "worst_fit")
}

/// A replay over a heap of the configuration `C` in a window of its own.
fn replayed<C: Config>(events: &[Event]) -> Outcome {
    let limit = if usize::BITS == 64 { 1 << 32 } else { 32 << 20 };
    let heap = Heap::<C, Mmap>::__of_source(64 << 10, limit).expect("there is room");
    let heap = Opened(heap);
    let mut placed = Placed::in_window(&heap);
    let summary = replay::replay(events, &mut placed).expect("all is served");
    placed.check();
    let operations = heap.0.stats().operations.expect("it counts");
    Outcome { summary, high_water: placed.high_water(), operations }
}
