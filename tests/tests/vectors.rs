//! Both recorded traces, under every policy, order, way to coalesce and index, land at the
//! reference addresses.
//!
//! Those are for tags of 8 bytes. Where a tag has 4, and where tests are to be short, the model says
//! of a beginning of the traces what the addresses are.

use brkalloc::__private::{Config, Mmap};
use brkalloc::Heap;
use brkalloc_oracle::{Coalesce, Model, Order, Policy, Setup, replay, trace};
use brkalloc_tests::{AnyHeap, GRANULE, Placed, Visitor, WORD, for_each_configuration, is_short};
use core::alloc::Layout;

struct Replayed<'a, C: Config>(&'a Placed<'static, C, Mmap>);

impl<C: Config> replay::Heap for Replayed<'_, C> {
    fn allocate(&mut self, layout: Layout) -> Option<u64> {
        self.0.allocate(layout)
    }

    fn free(&mut self, offset: u64, _: Layout) {
        self.0.free(offset);
    }

    fn reallocate(&mut self, offset: u64, layout: Layout, size: usize) -> Option<u64> {
        self.0.reallocate(offset, layout, size)
    }
}

/// Whether a list searches this slowly: worst fit walks all of it for every request, and a heap
/// that never merges has tens of thousands of free chunks, so that a trace takes minutes.
fn is_slow((policy, _, coalesce): (Policy, Order, Coalesce), index: &str) -> bool {
    (policy, coalesce, index) == (Policy::WorstFit, Coalesce::Never, "list")
}

/// Slow lists replay whole traces, too, if this is set; if not, a beginning, with the model as the
/// judge.
const EVERY_ROW: &str = "BRKALLOC_EVERY_ROW";

/// How many events of a trace a slow list replays otherwise.
const BEGINNING: usize = 20_000;

/// The same, of every index where tests are to be short.
const SHORT: usize = 4_000;

/// The most that a heap may reach: 57 of them in one process, of 4 GiB at the least.
const LIMIT: usize = if usize::BITS == 64 { 1 << 36 } else { 32 << 20 };

struct Vectors {
    trace: &'static str,
    events: Vec<trace::Event>,
    rows: Vec<replay::Row>,
    chosen: fn((Policy, Order, Coalesce)) -> bool,
    seen: usize,
}

impl Visitor for Vectors {
    fn visit<C: Config>(&mut self, choice: (Policy, Order, Coalesce), index: &'static str) {
        if !(self.chosen)(choice) {
            return;
        }
        self.seen += 1;
        let (mut events, expected) = (&self.events[..], self.expected(choice));
        let mut expected = (expected.summary, expected.high_water_end);
        let is_slow = is_slow(choice, index) && std::env::var_os(EVERY_ROW).is_none();
        if is_slow || is_short() || WORD != 8 {
            events = &events[..if is_short() { SHORT } else { BEGINNING }];
            let (policy, order, coalesce) = choice;
            let mut model = Model::new(Setup::reference(policy, order, coalesce));
            let summary = replay::replay(events, &mut model).expect("the model serves all");
            expected = (summary, model.high_water());
        }
        let heap = Heap::<C, Mmap>::__of_source(64 << 10, LIMIT).expect("there is room");
        let mut base = 0;
        heap.for_each_chunk(|chunk| base = chunk.address + WORD - GRANULE);
        let placed = Placed::new(heap, base);
        let summary = replay::replay(events, &mut Replayed(&placed)).expect("all is served");
        placed.check();
        let name = format!("{} {choice:?} {index}", self.trace);
        assert_eq!((summary, placed.high_water()), expected, "{name}");
    }
}

impl Vectors {
    fn expected(&self, choice: (Policy, Order, Coalesce)) -> replay::Row {
        let is_it = |row: &&replay::Row| {
            row.trace == self.trace && (row.policy, row.order, row.coalesce) == choice
        };
        *self.rows.iter().find(is_it).expect("every combination has a row")
    }
}

/// Replays a trace under the configurations that are `chosen`, of which there are `count`.
fn hold(trace: &'static str, chosen: fn((Policy, Order, Coalesce)) -> bool, count: usize) {
    let bytes = if trace == "cc1" { trace::CC1 } else { trace::GIT_LOG };
    let events = trace::read(bytes).expect("the recorded traces are sound");
    let mut vectors = Vectors { trace, events, rows: replay::rows(), chosen, seen: 0 };
    for_each_configuration::<{ 64 << 10 }>(&mut vectors);
    assert_eq!(vectors.seen, count, "a configuration is missing");
}

/// All but what `worst_fit_that_never_merges` has: 15 combinations a way to coalesce, of which 4
/// have two indexes.
fn others((policy, _, coalesce): (Policy, Order, Coalesce)) -> bool {
    (policy, coalesce) != (Policy::WorstFit, Coalesce::Never)
}

fn worst_fit_that_never_merges(choice: (Policy, Order, Coalesce)) -> bool {
    !others(choice)
}

#[test]
fn every_index_places_the_compiler_s_trace_as_the_reference_does() {
    hold("cc1", others, 3 * 19 - 4);
}

#[test]
fn every_index_places_git_s_trace_as_the_reference_does() {
    hold("git-log", others, 3 * 19 - 4);
}

#[test]
fn worst_fit_that_never_merges_places_the_compiler_s_trace_as_the_reference_does() {
    hold("cc1", worst_fit_that_never_merges, 4);
}

#[test]
fn worst_fit_that_never_merges_places_git_s_trace_as_the_reference_does() {
    hold("git-log", worst_fit_that_never_merges, 4);
}
