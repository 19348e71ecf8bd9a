//! The child: it replays one recording over one heap, and prints what that took.

use super::list::{IDLE, SYSTEM, find};
use super::system::Global;
use super::threads;
use crate::command::{Failure, print};
use crate::interleave;
use crate::recording;
use crate::replay::{Idle, Objects, Serve, largest, processor_time, time_alone};
use core::time::Duration;
use std::alloc::System;
use std::fs;
use std::path::Path;

/// What a child measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The time of the heap.
    Time,
    /// The memory, with every page of every block touched.
    Memory,
}

impl Mode {
    /// Returns the word on a child's command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Memory => "memory",
        }
    }
}

/// Replays the trace over the heap of these options, and prints a line of figures.
///
/// # Errors
///
/// The trace cannot be read, nobody has such a heap, or the heap refused or is broken.
pub fn run(options: &str, trace: &Path, mode: Mode, seed: u64) -> Result<(), Failure> {
    let mut recording = recording::load(trace)?;
    if 0 < seed {
        recording = interleave::shuffled(&recording, seed);
    }
    let mut objects = Objects::with_capacity(recording.births);
    if options == IDLE {
        let idle = Idle::new(largest(&recording.events));
        let time = time_alone(&recording.events, &mut objects, &idle).unwrap_or_default();
        return print(&line(time, 0, 0));
    }
    let attribute = find(options);
    let heap: &(dyn Serve + Sync) = match &attribute {
        Some(attribute) => (attribute.heap)(),
        None if options == SYSTEM => &SERVED,
        None => return Err(Failure::usage(format_args!("no heap is `{options}`"))),
    };
    let before = Resident::begin();
    let touches = mode == Mode::Memory;
    let time = if recording.threads() == 1 {
        let begin = processor_time().unwrap_or_default();
        let served = threads::play_run(&recording.events, &mut objects, heap, touches);
        let end = processor_time().unwrap_or_default();
        served.then(|| end.saturating_sub(begin))
    } else {
        threads::play(&recording, objects, heap, touches)
    };
    let resident = before.grown();
    let refused = || Failure::program("the heap refused a request, or it is broken");
    let time = time.ok_or_else(refused)?;
    let high_water = attribute.map_or(0, |attribute| (attribute.high_water)());
    print(&line(time, resident, high_water))
}

static SERVED: Global<System> = Global(System);

fn line(time: Duration, resident: usize, high_water: usize) -> String {
    format!("{} {resident} {high_water}\n", time.as_nanos())
}

/// The resident memory before a replay: all of it, and the pages of files.
struct Resident {
    all: usize,
    of_files: usize,
}

impl Resident {
    /// Has the system forget the peak so far.
    fn begin() -> Self {
        // Where this is refused, the peak so far counts: that of reading the trace.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Self { all: status("VmRSS:"), of_files: status("RssFile:") }
    }

    /// Returns by how many bytes the peak has grown since, without the code that ran for the first
    /// time.
    fn grown(&self) -> usize {
        let of_files = status("RssFile:").saturating_sub(self.of_files);
        status("VmHWM:").saturating_sub(self.all).saturating_sub(of_files)
    }
}

/// Returns a figure of this process in bytes.
fn status(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kibibytes.unwrap_or(0) * 1024
}
