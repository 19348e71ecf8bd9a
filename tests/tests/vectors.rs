//! Both recorded traces, under every policy, order, way to coalesce and index, land at the reference addresses.

use brkalloc::Heap;
use brkalloc::__private::{Config, Mmap};
use brkalloc_oracle::{Coalesce, Order, Policy, replay, trace};
use brkalloc_tests::{AnyHeap, Placed, Visitor, for_each_configuration};
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

struct Vectors {
    trace: &'static str,
    events: Vec<trace::Event>,
    rows: Vec<replay::Row>,
    seen: usize,
}

impl Visitor for Vectors {
    fn visit<C: Config>(&mut self, choice: (Policy, Order, Coalesce), index: &'static str) {
        let row = self
            .rows
            .iter()
            .find(|row| {
                row.trace == self.trace && (row.policy, row.order, row.coalesce) == choice
            })
            .expect("every combination has a row");
        let heap = Heap::<C, Mmap>::__of_source(64 << 10, 64 << 30).expect("there is room");
        let mut base = 0;
        heap.for_each_chunk(|chunk| base = chunk.address - 8);
        let placed = Placed::new(heap, base);
        let summary = replay::replay(&self.events, &mut Replayed(&placed)).expect("all is served");
        placed.check();
        assert_eq!(summary, row.summary, "{} {choice:?} {index}", self.trace);
        assert_eq!(placed.high_water(), row.high_water_end, "{} {choice:?} {index}", self.trace);
        self.seen += 1;
    }
}

fn hold(trace: &'static str, bytes: &[u8]) {
    let events = trace::read(bytes).expect("the recorded traces are sound");
    let mut vectors = Vectors { trace, events, rows: replay::rows(), seen: 0 };
    for_each_configuration::<{ 64 << 10 }>(&mut vectors);
    assert_eq!(vectors.seen, 57, "45 combinations, of which 12 have two indexes");
}

#[test]
fn every_index_places_the_compiler_s_trace_as_the_reference_does() {
    hold("cc1", trace::CC1);
}

#[test]
fn every_index_places_git_s_trace_as_the_reference_does() {
    hold("git-log", trace::GIT_LOG);
}
