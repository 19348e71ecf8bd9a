//! Firefox Profiler's processed profile, version 58: memory over the events, and the requests of each
//! thread.
//!
//! ```text
//!  counters[0]          bytes that live, as differences       the track "Memory"
//!  threads[n]
//!    samples            requests, by stack                    the call tree
//!    nativeAllocations  bytes, negative where a block ends    the same, by bytes
//!    markers            the peak, in the thread that reached it
//!    stackTable         allocate ─┬─ requests of at most 16 bytes
//!                       reallocate│  requests of at most 32 bytes …
//!                       free      ┘
//!  shared.stringArray   the names of threads, kinds and classes
//! ```
//!
//! A trace has no clock and no call stacks. So a millisecond is a thousand events, and the frames are
//! what was asked for and its size. Later versions of the viewer bring version 58 up to their own.

use super::walk::{self, Live};
use crate::text::Json;
use brkalloc_trace::{Event, Trace};
use core::fmt::Display;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The version of the format.
const VERSION: u32 = 58;

/// How many points the counter and the tables of a thread have at most.
const POINTS: usize = 1000;

/// The roots of the stacks, and their colors.
const KINDS: [(&str, &str); 3] =
    [("allocate", "green"), ("reallocate", "yellow"), ("free", "blue")];

/// Requests of one kind and class between two points.
#[derive(Clone, Copy, Debug, Default)]
struct Requests {
    count: u64,
    begun: u64,
    ended: u64,
}

impl Requests {
    fn add(&mut self, begun: u64, ended: u64) {
        self.begun = self.begun.saturating_add(begun);
        self.ended = self.ended.saturating_add(ended);
    }
}

/// A row of a thread's tables.
#[derive(Clone, Copy, Debug)]
struct Row {
    events: usize,
    stack: usize,
    weight: i128,
}

/// What there is of one thread.
#[derive(Debug, Default)]
struct Thread {
    samples: Vec<Row>,
    allocations: Vec<Row>,
}

/// What there is between the beginning and a point.
#[derive(Debug)]
struct Point {
    events: usize,
    requests: usize,
    live: u64,
}

/// Writes the profile.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write(name: &str, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let classes = classes(trace);
    let (threads, points) = tables(trace, &classes);
    let peak = walk::peak(trace);
    let at_peak = trace.threads().nth(peak);
    let most = brkalloc_trace::peak_live(&trace.events);
    meta(name, trace, out)?;
    counter(&points, out)?;
    write!(out, ",\n\"threads\":[")?;
    for (place, (number, thread)) in threads.iter().enumerate() {
        writeln!(out, "{}", if place == 0 { "" } else { "," })?;
        let peak = (at_peak == Some(*number)).then_some((peak, most));
        write_thread(*number, place, thread, classes.len(), peak, out)?;
    }
    writeln!(out, "\n],")?;
    write!(out, "\"shared\":{{\"stringArray\":[\"peak\"")?;
    for (kind, _) in KINDS {
        write!(out, ",{}", Json(kind))?;
    }
    for class in &classes {
        write!(out, ",{}", Json(&walk::label(*class)))?;
    }
    writeln!(out, "],\"sources\":{{\"length\":0,\"uuid\":[],\"filename\":[]}}}}}}")
}

/// The classes of the sizes that occur.
fn classes(trace: &Trace) -> Vec<u32> {
    let sizes = trace.events.iter().filter_map(|event| match *event {
        Event::Allocate { size, .. } | Event::Reallocate { size, .. } => Some(size as u64),
        Event::Free { .. } => None,
    });
    let mut classes: Vec<u32> = sizes.map(walk::class).collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// The rows of every thread, and the points of the counter.
fn tables(trace: &Trace, classes: &[u32]) -> (BTreeMap<u32, Thread>, Vec<Point>) {
    let step = trace.events.len().div_ceil(POINTS).max(1);
    let place = |size: u64| classes.binary_search(&walk::class(size)).unwrap_or_default();
    let mut live = Live::default();
    let mut between: BTreeMap<(u32, usize), Requests> = BTreeMap::new();
    let mut threads: BTreeMap<u32, Thread> = BTreeMap::new();
    let mut points = vec![Point { events: 0, requests: 0, live: 0 }];
    let mut before = 0;
    for ((index, event), thread) in trace.events.iter().enumerate().zip(trace.threads()) {
        let (ended, begun) = live.event(*event);
        let (kind, asked) = match event {
            Event::Allocate { .. } => (0, begun),
            Event::Reallocate { .. } => (1, begun),
            Event::Free { .. } => (2, ended),
        };
        let key = |size| (thread, stack(kind, place(size), classes.len()));
        between.entry(key(asked)).or_default().count += 1;
        between.entry(key(begun)).or_default().add(begun, 0);
        between.entry(key(ended)).or_default().add(0, ended);
        let events = index + 1;
        if events % step != 0 && events != trace.events.len() {
            continue;
        }
        for ((thread, stack), Requests { count, begun, ended }) in core::mem::take(&mut between) {
            let Thread { samples, allocations } = threads.entry(thread).or_default();
            let row = |weight| (weight != 0).then_some(Row { events, stack, weight });
            samples.extend(row(i128::from(count)));
            allocations.extend([row(i128::from(begun)), row(-i128::from(ended))].iter().flatten());
        }
        points.push(Point { events, requests: events - before, live: live.bytes });
        before = events;
    }
    (threads, points)
}

/// The place of a stack in the table: the kinds stand first, then the classes of each.
fn stack(kind: usize, class: usize, classes: usize) -> usize {
    KINDS.len() + kind * classes + class
}

/// A millisecond is a thousand events.
#[expect(clippy::cast_precision_loss, reason = "counts of events are far below 2^53")]
fn time(events: usize) -> f64 {
    events as f64 / 1000.0
}

/// Writes a column of a table.
fn column<T: Display>(
    out: &mut dyn Write,
    name: &str,
    values: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    write!(out, "\"{name}\":[")?;
    for (place, value) in values.into_iter().enumerate() {
        write!(out, "{}{value}", if place == 0 { "" } else { "," })?;
    }
    write!(out, "],")
}

fn meta(name: &str, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let step = trace.events.len().div_ceil(POINTS).max(1);
    write!(
        out,
        "{{\"meta\":{{\"interval\":{},\"startTime\":0,\"processType\":0,\"product\":{},\
         \"stackwalk\":0,\"version\":31,\"preprocessedProfileVersion\":{VERSION},\
         \"symbolicationNotSupported\":true,\"usesOnlyOneStackType\":true,\
         \"sourceCodeIsNotOnSearchfox\":true,\"keepProfileThreadOrder\":true,\
         \"importedFrom\":\"cargo brkalloc\",\
         \"extensions\":{{\"baseURL\":[],\"id\":[],\"name\":[],\"length\":0}},\
         \"markerSchema\":[{{\"name\":\"peak\",\"display\":[\"marker-chart\",\"marker-table\",\
         \"timeline-overview\"],\"fields\":[{{\"key\":\"bytes\",\"label\":\"Live\",\
         \"format\":\"bytes\"}}]}}],\
         \"categories\":[{{\"name\":\"Other\",\"color\":\"grey\",\"subcategories\":[\"Other\"]}}",
        time(step),
        Json(name)
    )?;
    for (kind, color) in KINDS {
        write!(
            out,
            ",{{\"name\":\"{kind}\",\"color\":\"{color}\",\"subcategories\":[\"Other\"]}}"
        )?;
    }
    writeln!(out, "]}},\n\"libs\":[],")
}

/// Writes the counter of what lives: the difference from point to point.
fn counter(points: &[Point], out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "\"counters\":[{{\"name\":\"live bytes\",\"category\":\"Memory\",\
         \"description\":\"Bytes that were asked for and live\",\"pid\":\"1\",\
         \"mainThreadIndex\":0,\"samples\":{{"
    )?;
    column(out, "time", points.iter().map(|point| time(point.events)))?;
    column(out, "number", points.iter().map(|point| point.requests))?;
    let before = [0].into_iter().chain(points.iter().map(|point| point.live));
    let counts = points.iter().zip(before);
    column(out, "count", counts.map(|(now, before)| i128::from(now.live) - i128::from(before)))?;
    write!(out, "\"length\":{}}}}}]", points.len())
}

fn write_thread(
    number: u32,
    place: usize,
    thread: &Thread,
    classes: usize,
    peak: Option<(usize, usize)>,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(
        out,
        "{{\"name\":\"thread {number}\",\"isMainThread\":{},\"processType\":\"default\",\
         \"processStartupTime\":0,\"processShutdownTime\":null,\"registerTime\":0,\
         \"unregisterTime\":null,\"pausedRanges\":[],\"pid\":\"1\",\"tid\":{number},",
        place == 0
    )?;
    for (table, kind, rows) in [
        ("samples", "samples", &thread.samples),
        ("nativeAllocations", "bytes", &thread.allocations),
    ] {
        write!(out, "\"{table}\":{{")?;
        column(out, "time", rows.iter().map(|row| time(row.events)))?;
        column(out, "stack", rows.iter().map(|row| row.stack))?;
        column(out, "weight", rows.iter().map(|row| row.weight))?;
        write!(out, "\"weightType\":\"{kind}\",\"length\":{}}},", rows.len())?;
    }
    markers(peak, out)?;
    stacks(classes, out)?;
    write!(
        out,
        "\"resourceTable\":{{\"length\":0,\"lib\":[],\"name\":[],\"host\":[],\"type\":[]}},\
         \"nativeSymbols\":{{\"length\":0,\"libIndex\":[],\"address\":[],\"name\":[],\
         \"functionSize\":[]}}}}"
    )
}

/// Writes the marker of the peak, if the thread reached it: its event, and the bytes then.
fn markers(peak: Option<(usize, usize)>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "\"markers\":{{")?;
    let data = peak.map(|(_, bytes)| format!("{{\"type\":\"peak\",\"bytes\":{bytes}}}"));
    column(out, "data", data)?;
    column(out, "startTime", peak.map(|(event, _)| time(event + 1)))?;
    for (name, value) in [("name", "0"), ("endTime", "null"), ("phase", "0"), ("category", "0")] {
        column(out, name, peak.map(|_| value))?;
    }
    write!(out, "\"length\":{}}},", usize::from(peak.is_some()))
}

/// Writes the stacks, and the frame and the function of each kind and class.
fn stacks(classes: usize, out: &mut dyn Write) -> io::Result<()> {
    let kinds = KINDS.len();
    let length = kinds + kinds * classes;
    write!(out, "\"stackTable\":{{")?;
    let below = (0..kinds).flat_map(|_| kinds..kinds + classes);
    column(out, "frame", (0..kinds).chain(below))?;
    let prefixes = (0..kinds).flat_map(|kind| core::iter::repeat_n(kind.to_string(), classes));
    column(out, "prefix", core::iter::repeat_n("null".to_owned(), kinds).chain(prefixes))?;
    write!(out, "\"length\":{length}}},\"frameTable\":{{")?;
    let frames = kinds + classes;
    // A frame without a category has that of the one below.
    let category =
        |frame: usize| if frame < kinds { (frame + 1).to_string() } else { "null".to_owned() };
    let subcategory = |frame: usize| if frame < kinds { "0" } else { "null" };
    column(out, "func", 0..frames)?;
    column(out, "category", (0..frames).map(category))?;
    column(out, "subcategory", (0..frames).map(subcategory))?;
    for (name, value) in [
        ("address", "-1"),
        ("inlineDepth", "0"),
        ("nativeSymbol", "null"),
        ("innerWindowID", "0"),
        ("line", "null"),
        ("column", "null"),
    ] {
        column(out, name, core::iter::repeat_n(value, frames))?;
    }
    write!(out, "\"length\":{frames}}},\"funcTable\":{{")?;
    // The first string is that of the marker.
    column(out, "name", 1..=frames)?;
    for (name, value) in [
        ("isJS", "false"),
        ("relevantForJS", "false"),
        ("resource", "-1"),
        ("source", "null"),
        ("lineNumber", "null"),
        ("columnNumber", "null"),
    ] {
        column(out, name, core::iter::repeat_n(value, frames))?;
    }
    write!(out, "\"length\":{frames}}},")
}
