//! A trace: what a real program asked of its allocator, in order; sizes, alignments, lifetimes and
//! threads, but no addresses and no strings.
//!
//! ```text
//!  "BRT\n" | version | rows | rows | … | ends        blocks of 65,536 events, and an index
//!                        │
//!                        tag, count, length, checksums | runs of threads | row | row | …
//! ```
//!
//! A row is one or two numbers of variable length, and a free is an age: the object born so many
//! births ago. So a trace takes two to three bytes an event. `block.rs` and `row.rs` draw the rest,
//! and the page `docs/trace-format.md` of the repository has a reader in 40 lines of Python.
//!
//! [`Trace::read`] accepts no trace that frees what does not live, so whoever replays one need not
//! ask. It reads [raw recordings](raw), too: what a recorded program leaves behind.
//!
//! ```
//! use brkalloc_trace::{Event, Trace, Writer};
//!
//! let mut writer = Writer::new(Vec::new())?;
//! writer.push(Event::Allocate { size: 100, align: 16 }, 0, false)?;
//! writer.push(Event::Reallocate { birth: 0, size: 200 }, 0, false)?;
//! writer.push(Event::Free { birth: 1 }, 7, false)?;
//! let file = writer.finish()?;
//!
//! let (trace, cut) = Trace::read(&file)?;
//! assert_eq!((trace.events.len(), cut), (3, None));
//! assert_eq!(trace.threads().collect::<Vec<_>>(), [0, 0, 7]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod block;
mod crc;
mod fault;
pub mod raw;
mod reader;
mod row;
mod writer;

pub use crc::crc32;
pub use fault::{Cut, Fault};
pub use row::RowFault;
pub use writer::{BLOCK, Writer};

/// The alignment of an allocation that names none: C's.
pub const ALIGNMENT: usize = 16;
/// The version of the format that this crate writes and reads.
pub const VERSION: u32 = 1;
/// How a trace begins; the version follows.
const START: [u8; 4] = *b"BRT\n";

/// One request of a trace. Every allocation and reallocation gives the next number to the object it
/// makes, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An object is born.
    Allocate {
        /// Bytes asked for; may be 0, which counts as 1.
        size: usize,
        /// A power of two.
        align: usize,
    },
    /// An object ends.
    Free {
        /// Its number.
        birth: usize,
    },
    /// An object ends and another of the same alignment takes over.
    Reallocate {
        /// The number of the one that ends.
        birth: usize,
        /// Bytes asked for the other.
        size: usize,
    },
}

/// A run of events in one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The index of its first event.
    pub first: usize,
    /// The thread, by a number that counts from 0 as threads first allocate.
    pub thread: u32,
}

impl Run {
    /// Adds this run to those before it, unless it continues the last.
    fn follow(self, runs: &mut Vec<Self>) {
        if runs.last().is_none_or(|last| last.thread != self.thread) {
            runs.push(self);
        }
    }
}

/// A whole trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Every request, in order.
    pub events: Vec<Event>,
    /// The runs of threads, which cover all events: the first begins at 0, neighbors differ.
    pub runs: Vec<Run>,
    /// The numbers of the objects whose memory was asked for as zeros, ascending.
    pub zeroed: Vec<usize>,
}

impl Trace {
    /// Reads a trace, or converts a [raw recording](raw).
    ///
    /// A file that is cut short is read up to its last whole block, and the [`Cut`] says so.
    ///
    /// # Errors
    ///
    /// The first fault, with what to do.
    pub fn read(bytes: &[u8]) -> Result<(Self, Option<Cut>), Fault> {
        if raw::is_raw(bytes) {
            return raw::convert(bytes).map(|converted| (converted.trace, converted.cut));
        }
        reader::read(bytes)
    }

    /// Returns the thread of each event.
    pub fn threads(&self) -> impl Iterator<Item = u32> {
        let ends = self.runs.iter().skip(1).map(|run| run.first).chain([self.events.len()]);
        self.runs
            .iter()
            .zip(ends)
            .flat_map(|(run, end)| core::iter::repeat_n(run.thread, end.saturating_sub(run.first)))
    }
}

/// Returns the largest sum of requested bytes that live at one time.
///
/// # Panics
///
/// If the events name an object that was not born.
#[must_use]
pub fn peak_live(events: &[Event]) -> usize {
    let mut sizes = Vec::new();
    let (mut live, mut peak) = (0_usize, 0);
    for &event in events {
        let (ends, begins) = match event {
            Event::Allocate { size, .. } => (None, Some(size)),
            Event::Free { birth } => (Some(birth), None),
            Event::Reallocate { birth, size } => (Some(birth), Some(size)),
        };
        // Sizes that nobody could have been given may add up to more than there is.
        live = live.saturating_sub(ends.map_or(0, |birth: usize| sizes[birth]));
        live = live.saturating_add(begins.unwrap_or(0));
        sizes.extend(begins);
        peak = peak.max(live);
    }
    peak
}

/// The README, so that its program is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[derive(Debug)]
pub struct Readme;
