//! A recording: the events of a trace, its threads, and what they need at the least.
//!
//! [`load`] makes one of a file.

use crate::command::Failure;
use crate::traces;
use brkalloc_trace::Trace;
pub use brkalloc_trace::{Event, Run};
use std::path::Path;

/// What a program asked of its allocator.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The file's name without its folder and extension.
    pub name: String,
    /// Every request, in order.
    pub events: Vec<Event>,
    /// The runs of threads, which cover all events.
    pub runs: Vec<Run>,
    /// The largest sum of requested bytes that live at one time.
    pub peak_live: usize,
    /// How many blocks are born.
    pub births: usize,
}

impl Recording {
    /// Makes a recording of events and their runs. An empty list of runs means one thread.
    #[must_use]
    pub fn new(name: &str, events: Vec<Event>, mut runs: Vec<Run>) -> Self {
        if runs.is_empty() {
            runs.push(Run { first: 0, thread: 0 });
        }
        let peak_live = brkalloc_trace::peak_live(&events);
        let births = events.iter().filter(|event| !matches!(event, Event::Free { .. })).count();
        Self { name: name.to_owned(), events, runs, peak_live, births }
    }

    /// Returns how many threads there are.
    #[must_use]
    pub fn threads(&self) -> usize {
        let mut threads: Vec<u32> = self.runs.iter().map(|run| run.thread).collect();
        threads.sort_unstable();
        threads.dedup();
        threads.len()
    }

    /// Returns the runs, each with the range of its events.
    pub fn ranges(&self) -> impl Iterator<Item = (u32, core::ops::Range<usize>)> {
        let ends = self.runs.iter().skip(1).map(|run| run.first).chain([self.events.len()]);
        self.runs.iter().zip(ends).map(|(run, end)| (run.thread, run.first..end))
    }
}

/// Reads the trace at `path`.
///
/// # Errors
///
/// The file cannot be read or is no trace, or the program allocated nothing.
pub fn load(path: &Path) -> Result<Recording, Failure> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    of(&name, traces::load(path)?)
        .map_err(|mistake| Failure::file(format_args!("{}: {mistake}", path.display())))
}

/// Reads the bytes of a trace.
///
/// # Errors
///
/// The first fault, with what to do.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Recording, String> {
    of(name, Trace::read(bytes).map_err(|fault| fault.to_string())?.0)
}

fn of(name: &str, trace: Trace) -> Result<Recording, String> {
    let recording = Recording::new(name, trace.events, trace.runs);
    if recording.peak_live == 0 {
        return Err("a trace without a byte has nothing to replay; record a longer run".to_owned());
    }
    Ok(recording)
}
