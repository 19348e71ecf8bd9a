//! A replay asks a heap what a recorded program asked and boils the answers down to a [`Summary`];
//! the [`rows`] say what the summary must be.
//!
//! The rows are those of `traces/vectors.csv`: both traces, all 45 combinations, on an arena whose
//! base is a multiple of 4096 and whose `arena` and `grow` are 64 KiB, with no limit and no trim.

use crate::choices::{Coalesce, Order, Policy, combinations};
use crate::model::Model;
use crate::trace::{self, Event};
use core::alloc::Layout;

/// What can be replayed over: a heap whose answers are offsets of payloads from its base.
pub trait Heap {
    /// The offset of a new payload; `None` where the request is refused. `layout.size()` is never
    /// 0.
    fn allocate(&mut self, layout: Layout) -> Option<u64>;
    /// Takes back what was allocated at `offset` with `layout`.
    fn free(&mut self, offset: u64, layout: Layout);
    /// Where the payload of `size` bytes is now; `None` where the request is refused. `size` is
    /// never 0.
    fn reallocate(&mut self, offset: u64, layout: Layout, size: usize) -> Option<u64>;
}

impl Heap for Model {
    fn allocate(&mut self, layout: Layout) -> Option<u64> {
        self.allocate(layout.size(), layout.align())
    }

    fn free(&mut self, offset: u64, _: Layout) {
        self.free(offset);
    }

    fn reallocate(&mut self, offset: u64, layout: Layout, size: usize) -> Option<u64> {
        self.reallocate(offset, layout.align(), size)
    }
}

/// All returned offsets in the order of the requests, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Over every offset: h = (h xor offset) · 1099511628211, from 14695981039346656037 on.
    pub hash: u64,
    /// How many offsets there were.
    pub count: usize,
    /// The 1000th offset, counted from 1; 0 for none.
    pub offset_1000th: u64,
    /// The 10,000th offset.
    pub offset_10000th: u64,
    /// The last offset.
    pub offset_last: u64,
}

impl Default for Summary {
    fn default() -> Self {
        let hash = 14_695_981_039_346_656_037;
        Self { hash, count: 0, offset_1000th: 0, offset_10000th: 0, offset_last: 0 }
    }
}

impl Summary {
    /// Takes the next offset in.
    pub fn note(&mut self, offset: u64) {
        self.hash = (self.hash ^ offset).wrapping_mul(1_099_511_628_211);
        self.count += 1;
        self.offset_last = offset;
        match self.count {
            1_000 => self.offset_1000th = offset,
            10_000 => self.offset_10000th = offset,
            _ => {}
        }
    }
}

impl Summary {
    /// The two addresses that the [`beginning`] of a trace has, too.
    #[must_use]
    pub const fn beginning(self) -> [u64; 2] {
        [self.offset_1000th, self.offset_10000th]
    }
}

/// The events up to the 10,000th address, the last that a row names before the end.
#[must_use]
pub fn beginning(events: &[Event]) -> &[Event] {
    let is_birth = |event: &&Event| !matches!(event, Event::Free { .. });
    let mut births = 0;
    let end = events.iter().position(|event| {
        births += usize::from(is_birth(&event));
        births == 10_000
    });
    &events[..end.map_or(events.len(), |last| last + 1)]
}

/// Whether those that are slow replay whole traces, too, as the environment says.
#[must_use]
pub fn every_row() -> bool {
    std::env::var_os("BRKALLOC_EVERY_ROW").is_some()
}

/// Runs a trace over a heap; size 0 is asked for as 1.
///
/// # Errors
///
/// The index of the event that the heap refused.
///
/// # Panics
///
/// If the events are none that [`trace::read`] returned.
pub fn replay(events: &[Event], heap: &mut impl Heap) -> Result<Summary, usize> {
    let mut summary = Summary::default();
    let mut objects: Vec<(u64, Layout)> = Vec::new();
    for (index, &event) in events.iter().enumerate() {
        let (offset, layout) = match event {
            Event::Allocate { size, align } => {
                let layout = layout(size, align);
                (heap.allocate(layout), layout)
            }
            Event::Free { birth } => {
                let (offset, layout) = objects[birth];
                heap.free(offset, layout);
                continue;
            }
            Event::Reallocate { birth, size } => {
                let (offset, before) = objects[birth];
                let after = layout(size, before.align());
                (heap.reallocate(offset, before, after.size()), after)
            }
        };
        let offset = offset.ok_or(index)?;
        summary.note(offset);
        objects.push((offset, layout));
    }
    Ok(summary)
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size.max(1), align).expect("a trace holds sound layouts only")
}

/// A row of the reference vectors: what replaying one trace under one combination must give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// `"cc1"` or `"git-log"`.
    pub trace: &'static str,
    /// Which chunk a request takes.
    pub policy: Policy,
    /// Where a freed chunk stands.
    pub order: Order,
    /// When free neighbors merge.
    pub coalesce: Coalesce,
    /// The returned offsets.
    pub summary: Summary,
    /// The largest end of a used chunk, as an offset.
    pub high_water_end: u64,
}

/// The reference vectors, all 90 rows, in the order of the file.
///
/// # Panics
///
/// If the file is not as it should be, which a test excludes.
#[must_use]
pub fn rows() -> Vec<Row> {
    include_str!("../../traces/vectors.csv").lines().skip(1).map(row).collect()
}

fn row(line: &'static str) -> Row {
    let fields: Vec<&str> = line.split(',').collect();
    let &[trace, policy, order, coalesce, hash, early, later, last, end] = &fields[..] else {
        panic!("nine fields: {line}");
    };
    let number = |field: &str| field.parse::<u64>().expect("a number");
    let (policy, order, coalesce) = combinations()
        .find(|(p, o, c)| (p.name(), o.name(), c.name()) == (policy, order, coalesce))
        .expect("a known combination");
    let summary = Summary {
        hash: number(hash),
        // The file does not say it; it is the same in all rows of a trace.
        count: if trace == "cc1" { 72_925 } else { 91_213 },
        offset_1000th: number(early),
        offset_10000th: number(later),
        offset_last: number(last),
    };
    Row { trace, policy, order, coalesce, summary, high_water_end: number(end) }
}

impl Row {
    /// The trace of this row.
    ///
    /// # Panics
    ///
    /// If the recording is damaged, which a test excludes.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let bytes = if self.trace == "cc1" { trace::CC1 } else { trace::GIT_LOG };
        trace::read(bytes).expect("a sound recording")
    }
}

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::*;
    use crate::model::Setup;

    fn assert_rows_are_reproduced(policy: Policy) {
        let rows: Vec<Row> = rows().into_iter().filter(|row| row.policy == policy).collect();
        assert_eq!(rows.len(), 18);
        let mut differing = Vec::new();
        for row in rows {
            let mut model = Model::new(Setup::reference(policy, row.order, row.coalesce));
            let events = row.events();
            let events = if every_row() { &events } else { beginning(&events) };
            let summary = replay(events, &mut model).expect("the model serves all");
            assert_eq!(model.check(), Ok(()));
            let is_it = if every_row() {
                (summary, model.high_water()) == (row.summary, row.high_water_end)
            } else {
                summary.beginning() == row.summary.beginning()
            };
            if !is_it {
                differing.push((row, summary, model.high_water()));
            }
        }
        assert!(differing.is_empty(), "{differing:#?}");
    }

    #[test]
    fn first_fit_gives_the_reference_addresses() {
        assert_rows_are_reproduced(Policy::FirstFit);
    }

    #[test]
    fn next_fit_gives_the_reference_addresses() {
        assert_rows_are_reproduced(Policy::NextFit);
    }

    #[test]
    fn best_fit_gives_the_reference_addresses() {
        assert_rows_are_reproduced(Policy::BestFit);
    }

    #[test]
    fn worst_fit_gives_the_reference_addresses() {
        assert_rows_are_reproduced(Policy::WorstFit);
    }

    #[test]
    fn segregated_fit_gives_the_reference_addresses() {
        assert_rows_are_reproduced(Policy::SegregatedFit);
    }

    #[test]
    fn the_file_has_a_row_for_every_trace_and_combination() {
        let in_file: Vec<_> =
            rows().iter().map(|r| (r.trace, r.policy, r.order, r.coalesce)).collect();
        let expected = ["cc1", "git-log"].into_iter().flat_map(|trace| {
            combinations().map(move |(policy, order, coalesce)| (trace, policy, order, coalesce))
        });
        assert!(in_file.into_iter().eq(expected));
    }
}
