//! The contest: every cell replays one recording, on all cores, each within its budget.
//!
//! ```text
//!   a worker takes the next cell ──► counts ──► times, up to three times ──► takes the next
//! ```
//!
//! Trees and bins come first in the grid, so what lists must be better than is known when they run.
//! The heap's own time is what the processor spent in the replay, less what the replay over a heap
//! that does nothing takes.

use super::figures::{Figures, Stop};
use super::grid::Cell;
use super::objects::Objects;
use super::run::{self, Moment, Watch};
use super::serve::Idle;
use crate::interrupt;
use crate::progress::Progress;
use crate::recording::{Event, Recording};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A cell whose counting replay takes longer is timed once.
const PATIENCE: Duration = Duration::from_secs(1);

/// How a contest is run.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The most time that one replay may take.
    pub budget: Duration,
    /// Timed replays of a cell, of which the median counts; 0 for none.
    pub rounds: usize,
    /// Whether a cell stops once another needs less memory and less time.
    pub stops_dominated: bool,
    /// Cells that replay at once.
    pub workers: usize,
}

impl Rules {
    /// Returns the rules for a recording: at least half a second, or five microseconds an event.
    #[must_use]
    pub fn of(recording: &Recording) -> Self {
        let events = u64::try_from(recording.events.len()).unwrap_or(u64::MAX);
        let budget =
            Duration::from_micros(events.saturating_mul(5)).max(Duration::from_millis(500));
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        Self { budget, rounds: 3, stops_dominated: false, workers }
    }
}

/// What a cell that has ended needed: its peak, and the time of its counting replay.
#[derive(Clone, Copy)]
struct Mark {
    peak: usize,
    time: Duration,
}

/// Replays the recording over every cell; the results stand in the order of the cells.
///
/// # Errors
///
/// A heap is broken, or the system has no room for it.
pub fn play(recording: &Recording, cells: &[Cell], rules: Rules) -> Result<Vec<Figures>, String> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(vec![None; cells.len()]);
    let marks = Mutex::new(Vec::new());
    let progress = Progress::new(&recording.name, cells.len());
    let work = || -> Result<(), String> {
        let mut worker = Worker::new(recording, rules);
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(cell) = cells.get(place) else { return Ok(()) };
            let figures = worker
                .replay(cell, &marks)
                .map_err(|mistake| format!("{}, {}: {mistake}", recording.name, cell.name()))?;
            lock(&results)[place] = Some(figures);
            progress.step(&cell.name());
        }
    };
    let workers = rules.workers.clamp(1, cells.len().max(1));
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for helper in helpers {
            let helped = helper.join().unwrap_or_else(|_| Err("a worker panicked".to_owned()));
            done = done.and(helped);
        }
        done
    })?;
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().collect::<Option<Vec<_>>>().ok_or("a cell has no result".to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One thread of the contest.
struct Worker<'a> {
    events: &'a [Event],
    rules: Rules,
    objects: Objects,
    /// What a replay takes on a heap that does nothing.
    alone: Duration,
}

impl<'a> Worker<'a> {
    fn new(recording: &'a Recording, rules: Rules) -> Self {
        let events = &recording.events[..];
        let mut objects = Objects::with_capacity(recording.births);
        let idle = Idle::new(largest(events));
        let mut alone: Vec<Duration> = (0..rules.rounds)
            .filter_map(|_| run::time_alone(events, &mut objects, &idle))
            .collect();
        alone.sort_unstable();
        let alone = alone.get(alone.len() / 2).copied().unwrap_or_default();
        Self { events, rules, objects, alone }
    }

    fn replay(&mut self, cell: &Cell, marks: &Mutex<Vec<Mark>>) -> Result<Figures, String> {
        let no_room = || "the system has no room for this heap; close other programs".to_owned();
        let heap = cell.counting(cell.configuration.limit).ok_or_else(no_room)?;
        let begin = Instant::now();
        let mut watch = Judge { begin, rules: self.rules, marks };
        let mut figures = run::count(self.events, &mut self.objects, &*heap, &mut watch)?;
        let time = begin.elapsed();
        if figures.stopped.is_some() {
            return Ok(figures);
        }
        lock(marks).push(Mark { peak: figures.peak, time });
        // One that takes long is timed once.
        let is_slow = PATIENCE < time || self.rules.budget < time * 4;
        let rounds = if is_slow { 1 } else { self.rules.rounds };
        let mut times = Vec::new();
        for _ in 0..rounds.min(self.rules.rounds) {
            if interrupt::is_wanted() {
                break;
            }
            let heap = cell.timed().ok_or_else(no_room)?;
            let measured = run::time(self.events, &mut self.objects, &*heap, figures.split.event)
                .ok_or("the timed heap refused what the counting heap served")?;
            figures.split.largest_hole = measured.largest_hole;
            times.push(measured.time);
        }
        times.sort_unstable();
        figures.nanoseconds = times.get(times.len() / 2).map(|time| self.per_event(*time));
        Ok(figures)
    }

    #[expect(clippy::cast_precision_loss, reason = "a recording has far fewer than 2^53 events")]
    fn per_event(&self, time: Duration) -> f64 {
        time.saturating_sub(self.alone).as_secs_f64() * 1e9 / self.events.len().max(1) as f64
    }
}

/// Stops a counting replay that has used up its budget, or is dominated.
struct Judge<'a> {
    begin: Instant,
    rules: Rules,
    marks: &'a Mutex<Vec<Mark>>,
}

impl Watch for Judge<'_> {
    fn stop(&mut self, moment: Moment) -> Option<Stop> {
        let time = self.begin.elapsed();
        let is_beaten = |mark: &Mark| mark.peak <= moment.peak && mark.time * 2 < time;
        if interrupt::is_wanted() {
            Some(Stop::Interrupted)
        } else if self.rules.budget < time {
            Some(Stop::Budget)
        } else if self.rules.stops_dominated && lock(self.marks).iter().any(is_beaten) {
            Some(Stop::Dominated)
        } else {
            None
        }
    }
}

/// The largest size that is asked for.
#[must_use]
pub fn largest(events: &[Event]) -> usize {
    let sizes = events.iter().map(|&event| match event {
        Event::Allocate { size, .. } | Event::Reallocate { size, .. } => size,
        Event::Free { .. } => 0,
    });
    sizes.max().unwrap_or(0)
}
