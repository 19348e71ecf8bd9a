//! A replay gives the addresses that the reference gives, for every policy × order × index, and its
//! figures add up.
#![cfg(target_pointer_width = "64")]

use brkalloc_oracle::replay::{Row, beginning, rows};
use cargo_brkalloc::recording::{Event, Recording, parse};
use cargo_brkalloc::replay::{self, Cell, Figures, Objects};

fn recordings() -> [Recording; 2] {
    [("cc1", brkalloc_oracle::trace::CC1), ("git-log", brkalloc_oracle::trace::GIT_LOG)]
        .map(|(name, bytes)| parse(name, bytes).expect("the recorded traces are sound"))
}

fn counted(cell: &Cell, events: &[Event]) -> Figures {
    let heap = cell.counting(cell.configuration.limit).expect("there is room");
    let figures = replay::count(events, &mut Objects::default(), &*heap, &mut ());
    figures.unwrap_or_else(|mistake| panic!("{}: {mistake}", cell.name()))
}

fn row_of(trace: &str, cell: &Cell) -> Row {
    let options = cell.configuration;
    let is_it = |row: &Row| {
        let choice = (row.policy.name(), row.order.name(), row.coalesce.name());
        row.trace == trace && choice == (options.policy, options.order, options.coalesce)
    };
    rows().into_iter().find(is_it).expect("every combination has a row")
}

#[test]
fn every_cell_that_merges_at_once_places_whole_recordings_as_the_reference_does() {
    let cells = replay::immediate();
    assert_eq!(cells.len(), 19);
    for recording in recordings() {
        for cell in &cells {
            let row = row_of(&recording.name, cell);
            let figures = counted(cell, &recording.events);
            let name = cell.name();
            assert_eq!(figures.addresses, row.summary.hash, "{name}");
            assert_eq!(figures.last_address as u64, row.summary.offset_last, "{name}");
            // The first tag stands a word above the base.
            assert_eq!(figures.peak as u64 + 8, row.high_water_end, "{name}");
        }
    }
}

#[test]
fn every_cell_places_the_beginning_of_a_recording_as_the_reference_does() {
    let cells = replay::all();
    assert_eq!(cells.len(), 57);
    for recording in recordings() {
        let events = beginning(&recording.events);
        for cell in &cells {
            let figures = counted(cell, events);
            let expected = row_of(&recording.name, cell).summary.offset_10000th;
            assert_eq!(figures.last_address as u64, expected, "{}", cell.name());
        }
    }
}

#[test]
fn the_heap_that_is_timed_has_the_holes_and_the_peak_of_the_one_that_counts() {
    let recording = &recordings()[0];
    for cell in replay::immediate().iter().filter(|cell| cell.index() != "list") {
        let figures = counted(cell, &recording.events);
        let heap = cell.timed().expect("there is room");
        let mut objects = Objects::default();
        assert!(replay::play_all(&recording.events, &mut objects, &*heap), "{}", cell.name());
        assert_eq!(heap.stats().high_water, figures.peak + 8, "{}", cell.name());
        objects.end(&*heap).expect("every mark is as it was written");
    }
}

#[test]
fn the_parts_of_the_peak_add_up_to_it() {
    for recording in recordings() {
        for cell in replay::immediate().iter().filter(|cell| cell.index() != "list") {
            let Figures { peak, split, .. } = counted(cell, &recording.events);
            let sum = split.live + split.headers + split.rounding + split.holes;
            assert_eq!(sum, peak, "{}", cell.name());
            assert!(split.live <= recording.peak_live && split.event < recording.events.len());
        }
    }
}

#[test]
fn a_heap_that_may_not_reach_its_peak_refuses() {
    let recording = &recordings()[0];
    let cell = replay::named("best_fit").expect("there is one");
    let peak = counted(&cell, &recording.events).peak;
    let fits = |limit| {
        let heap = cell.counting(limit).expect("there is room");
        let figures = replay::count(&recording.events, &mut Objects::default(), &*heap, &mut ());
        figures.expect("the heap is sound").stopped.is_none()
    };
    assert!(fits(peak + 4096));
    assert!(!fits(peak - 4096));
}
