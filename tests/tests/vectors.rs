//! Both recorded traces, under every policy, order, way to coalesce and index, land at the
//! reference addresses.
//!
//! Trees and bins replay whole traces. A list walks its free chunks, of which some heaps have tens of thousands, so
//! it replays the beginning, of which the reference has two addresses; `BRKALLOC_EVERY_ROW=1` replays all of it.
//!
//! The reference is for tags of 8 bytes. Where a tag has 4, and where tests are to be short, the model says what the
//! addresses of a beginning are.

use brkalloc_harness::configurations::{self, Configured};
use brkalloc_harness::{Placed, WORD, is_short};
use brkalloc_oracle::replay::{self, Row, Summary};
use brkalloc_oracle::trace::{self, Event};
use brkalloc_oracle::{Coalesce, Model, Setup};

/// How many events the model judges.
const SHORT: usize = 4_000;

/// The most that a heap may reach: 57 of them in one process, of 4 GiB at the least; and an emulator has memory of its
/// own for what is only reserved.
fn limit() -> usize {
    if is_short() || usize::BITS < 64 { 32 << 20 } else { 1 << 36 }
}

/// What a replay ends with: all that it returned, and the farthest byte.
fn replayed(events: &[Event], configured: &dyn Configured) -> (Summary, u64) {
    let heap = configured.growing(64 << 10, limit()).expect("there is room");
    let mut placed = Placed::in_window(&*heap);
    let summary = replay::replay(events, &mut placed).expect("all is served");
    placed.check();
    (summary, placed.high_water())
}

fn hold(trace: &'static str, configured: &dyn Configured, events: &[Event]) {
    let choice = configured.choice();
    let name = format!("{trace} {}", configured.name());
    if is_short() || WORD != 8 {
        let (events, (policy, order, coalesce)) = (&events[..SHORT], choice);
        let mut model = Model::new(Setup::reference(policy, order, coalesce));
        let summary = replay::replay(events, &mut model).expect("the model serves all");
        return assert_eq!(replayed(events, configured), (summary, model.high_water()), "{name}");
    }
    let is_it = |row: &Row| row.trace == trace && (row.policy, row.order, row.coalesce) == choice;
    let row = replay::rows().into_iter().find(is_it).expect("every combination has a row");
    if configured.index() == "list" && !replay::every_row() {
        let summary = replayed(replay::beginning(events), configured).0;
        assert_eq!(summary.beginning(), row.summary.beginning(), "{name}");
    } else {
        assert_eq!(replayed(events, configured), (row.summary, row.high_water_end), "{name}");
    }
}

/// Where a heap merges at once, or never, by how much it grows changes no address; where it defers that, it has to
/// grow as the reference does.
fn hold_all(trace: &'static str, bytes: &[u8]) {
    let events = trace::read(bytes).expect("the recorded traces are sound");
    let mut all = configurations::all();
    all.retain(|configured| configured.choice().2 != Coalesce::Deferred);
    all.extend(configurations::deferred_of_reference());
    assert_eq!(all.len(), 57);
    for configured in all {
        hold(trace, &*configured, &events);
    }
}

#[test]
fn every_index_places_the_compiler_s_trace_as_the_reference_does() {
    hold_all("cc1", trace::CC1);
}

#[test]
fn every_index_places_git_s_trace_as_the_reference_does() {
    hold_all("git-log", trace::GIT_LOG);
}
