//! The smallest arena that survives a recording, by bisection: each step is a replay with that limit.

use crate::attributes::Attribute;
use crate::command::Failure;
use crate::interleave;
use crate::recording::Recording;
use crate::replay::{self, Cell, Figures, Objects};

/// Other orders of the threads that are tried.
const SEEDS: u64 = 4;
/// Sizes are found to the page.
const PAGE: usize = 4096;

/// The smallest arena, and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Smallest {
    /// Bytes that suffice for the recording.
    pub bytes: usize,
    /// Bytes that suffice with the margin, in units of 64 KiB.
    pub with_margin: usize,
    /// How much more other orders of the threads need at most; 0 for one thread.
    pub interleaved: usize,
    /// Whether it was found by replays; else it is how far an arena with caches came.
    pub is_bisected: bool,
}

/// Returns the smallest arena for an attribute; `high_water` is how far it came with its caches.
///
/// # Errors
///
/// A heap is broken, or the system has no room.
pub fn smallest(
    attribute: &Attribute,
    recording: &Recording,
    high_water: usize,
) -> Result<Smallest, Failure> {
    let cell = attribute.configuration.cache.is_none().then(|| cell_of(attribute)).flatten();
    let Some(cell) = cell else {
        return Ok(finished(high_water, 0, false));
    };
    let bytes = bisect(&cell, recording)?;
    let mut worst = bytes;
    if 1 < recording.threads() {
        for seed in 1..=SEEDS {
            let other = interleave::shuffled(recording, seed);
            worst = worst.max(counted(&cell, &other, cell.configuration.limit)?.peak);
        }
    }
    Ok(finished(bytes, worst - bytes, true))
}

/// The margin is a tenth, and at least what other orders of the threads need.
fn finished(bytes: usize, interleaved: usize, is_bisected: bool) -> Smallest {
    let with_margin = (bytes + (bytes / 10).max(2 * interleaved)).next_multiple_of(64 << 10);
    Smallest { bytes, with_margin, interleaved, is_bisected }
}

/// The cell that places as an attribute does.
fn cell_of(attribute: &Attribute) -> Option<Cell> {
    let wanted = attribute.configuration;
    replay::immediate().into_iter().find(|cell| {
        let cell = cell.configuration;
        (cell.policy, cell.order, cell.index) == (wanted.policy, wanted.order, wanted.index)
    })
}

fn counted(cell: &Cell, recording: &Recording, limit: usize) -> Result<Figures, Failure> {
    let heap = cell.counting(limit);
    let heap = heap.ok_or_else(|| Failure::program("no room for a heap; close other programs"))?;
    replay::count(&recording.events, &mut Objects::default(), &*heap, &mut ())
        .map_err(|mistake| Failure::program(format_args!("{}: {mistake}", cell.name())))
}

fn bisect(cell: &Cell, recording: &Recording) -> Result<usize, Failure> {
    let peak = counted(cell, recording, cell.configuration.limit)?.peak;
    let (mut lower, mut upper) = (recording.peak_live / PAGE, peak / PAGE + 2);
    while lower + 1 < upper {
        let middle = lower.midpoint(upper);
        let survives = counted(cell, recording, middle * PAGE)?.stopped.is_none();
        (lower, upper) = if survives { (lower, middle) } else { (middle, upper) };
    }
    Ok(upper * PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::find;

    #[test]
    fn the_smallest_arena_is_the_peak_of_the_heap_to_the_page() {
        let recording = crate::recording::parse("cc1", brkalloc_oracle::trace::CC1);
        let recording = recording.expect("the recorded traces are sound");
        let attribute = find("policy = \"best_fit\"").expect("it is in the list");
        let smallest = smallest(&attribute, &recording, 0).expect("it is served");
        let peak = 2_788_400;
        assert!((peak..peak + 2 * PAGE).contains(&smallest.bytes), "{smallest:?}");
        assert!(smallest.is_bisected && smallest.bytes * 11 / 10 <= smallest.with_margin);
    }
}
