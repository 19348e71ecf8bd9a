//! The contestants, and what each makes of a recording.
//!
//! ```text
//!   recording ──► each contestant, timed, several times ──► median time, less the replay's own
//!             └─► the same placement with counters, once ─► high-water mark, chunks visited
//! ```
//!
//! The replays are those of `cargo brkalloc replay`: each heap grows in a window of its own, and writes
//! the ends of each block. A policy of one's own is a cell like the others.

use crate::good_enough::GoodEnough;
use brkalloc::Configuration;
use brkalloc_oracle::trace;
use cargo_brkalloc::cell;
use cargo_brkalloc::recording::{self, Event};
use cargo_brkalloc::replay::{self, Cell, Rules, percent_over};
use core::time::Duration;

/// A trace, and what it needs at the least.
pub(crate) struct Recording {
    pub(crate) recording: recording::Recording,
    /// The largest sum of the chunks that objects need at one time.
    pub(crate) peak_chunks: usize,
}

impl Recording {
    pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Self, String> {
        let recording = recording::parse(name, bytes)?;
        let as_chunks = |&event: &Event| match event {
            Event::Allocate { size, align } => Event::Allocate { size: chunk(size), align },
            Event::Reallocate { birth, size } => Event::Reallocate { birth, size: chunk(size) },
            Event::Free { .. } => event,
        };
        let chunks: Vec<Event> = recording.events.iter().map(as_chunks).collect();
        let peak_chunks = trace::peak_live(&chunks);
        Ok(Self { recording, peak_chunks })
    }
}

/// The bytes of the chunk that a request of `size` needs.
const fn chunk(size: usize) -> usize {
    let need = size.saturating_add(size_of::<usize>());
    if need <= 32 { 32 } else { need.div_ceil(16).saturating_mul(16) }
}

/// A policy of our own, in each order.
macro_rules! own {
    ($($rest:ident = $value:tt),+) => {
        [
            cell!(policy = GoodEnough, order = "address", $($rest = $value),+),
            cell!(policy = GoodEnough, order = "lifo", $($rest = $value),+),
            cell!(policy = GoodEnough, order = "fifo", $($rest = $value),+),
        ]
    };
}

/// Every policy × order × index that merges free neighbors as `coalesce` says, and a policy of our
/// own.
pub(crate) fn contestants(coalesce: &str) -> Vec<Cell> {
    let (mut cells, own) = match coalesce {
        "deferred" => (replay::deferred(), own!(coalesce = "deferred", trim = "never")),
        "never" => (replay::never(), own!(coalesce = "never")),
        _ => (replay::immediate(), own!(coalesce = "immediate")),
    };
    cells.extend(own);
    cells
}

/// What one contestant made of one trace.
pub(crate) struct Figures {
    pub(crate) configuration: &'static Configuration,
    /// The farthest byte of the arena that ever was in a used chunk, from the first tag on.
    pub(crate) high_water: usize,
    /// How much that is more than the most bytes requested at a time, in percent.
    pub(crate) with_tags: f64,
    /// How much that is more than the most bytes of chunks at a time, in percent.
    pub(crate) without_tags: f64,
    pub(crate) searches: u64,
    pub(crate) visited_median: u32,
    pub(crate) visited_worst: u32,
    pub(crate) visited_mean: f64,
    /// The heap's own time per request.
    pub(crate) nanoseconds: f64,
}

/// Replays the trace over every contestant, one after the other, each as long as it takes.
pub(crate) fn play(
    recording: &Recording,
    contestants: &[Cell],
    runs: usize,
) -> Result<Vec<Figures>, String> {
    let Recording { recording, peak_chunks } = recording;
    let rules = Rules { budget: Duration::MAX, rounds: runs, workers: 1, ..Rules::of(recording) };
    let all = replay::play(recording, contestants, rules)?;
    let figures = contestants.iter().zip(all).map(|(contestant, figures)| {
        let visited = figures.visited;
        if figures.stopped.is_some() {
            return Err(format!("{}: {} refused", recording.name, contestant.name()));
        }
        Ok(Figures {
            configuration: contestant.configuration,
            high_water: figures.peak,
            with_tags: figures.over(recording.peak_live),
            without_tags: percent_over(figures.peak, *peak_chunks),
            searches: visited.searches,
            visited_median: visited.median,
            visited_worst: visited.worst,
            visited_mean: mean(visited.total, visited.searches),
            nanoseconds: figures.nanoseconds.unwrap_or_default(),
        })
    });
    figures.collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a trace are far below 2^53")]
fn mean(total: u64, count: u64) -> f64 {
    total as f64 / count.max(1) as f64
}
