//! `cargo brkalloc export`: a trace for the viewers of others.
//!
//! ```text
//!  perfetto   JSON of Chrome's tracing: counters over the events    ui.perfetto.dev, chrome://tracing
//!  dhat       DHAT's JSON, version 2: a point for each class of sizes     dh_view.html of valgrind
//! ```
//!
//! A trace has no clock and no sites. So time is the number of events, and where DHAT shows the
//! site of an allocation, this shows its size.

use crate::command::{Code, Failure, note, print};
use crate::output;
use crate::text::Json;
use crate::traces;
use brkalloc_trace::{Event, Trace};
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

const HELP: &str = "\
Writes a trace in the format of another viewer.

usage: cargo brkalloc export app.brt --to FORMAT [-o FILE]

  --to FORMAT          perfetto   counters over the events, for ui.perfetto.dev
                       dhat       sizes and lifetimes, for valgrind's dh_view
  -o, --output FILE    app.FORMAT.json if not given
  --help               this text";

/// How many points a counter has at most.
const POINTS: usize = 5000;

/// Runs the command.
///
/// # Errors
///
/// The command line is wrong, or a file cannot be read or written.
pub fn run(mut arguments: Parser) -> Result<Code, Failure> {
    let (mut file, mut to, mut into) = (None, None, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => {
                print(&format!("{HELP}\n"))?;
                return Ok(Code::Success);
            }
            Long("to") => to = Some(arguments.value()?),
            Long("output") | Short('o') => into = Some(PathBuf::from(arguments.value()?)),
            Value(value) if file.is_none() => file = Some(PathBuf::from(value)),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| Failure::usage("no trace; write `export app.brt --to dhat`"))?;
    let to = to.ok_or_else(|| Failure::usage("no format; write `--to perfetto` or `dhat`"))?;
    let to = to.to_string_lossy().into_owned();
    let write = match &*to {
        "perfetto" => perfetto,
        "dhat" => dhat,
        _ => {
            return Err(Failure::usage(format_args!("--to {to}: write `perfetto` or `dhat`")));
        }
    };
    let trace = traces::load(&file)?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let into = into.unwrap_or_else(|| file.with_extension(format!("{to}.json")));
    output::replace(&into, |out| write(&name, &trace, out))?;
    note(format_args!("{} is written", into.display()));
    Ok(Code::Success)
}

/// Writes counters of live bytes and blocks, and of each thread's events.
///
/// # Errors
///
/// Those of `out`.
pub fn perfetto(name: &str, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let step = trace.events.len().div_ceil(POINTS).max(1);
    let (mut live, mut sizes) = (Live::default(), Vec::new());
    let mut threads: BTreeMap<u32, usize> = BTreeMap::new();
    writeln!(out, "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
    write!(
        out,
        "{{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{{\"name\":{}}}}}",
        Json(name)
    )?;
    for ((index, event), thread) in trace.events.iter().enumerate().zip(trace.threads()) {
        live.event(*event, &mut sizes);
        *threads.entry(thread).or_default() += 1;
        if index % step != 0 && index + 1 != trace.events.len() {
            continue;
        }
        for (counter, unit, value) in
            [("live bytes", "bytes", live.bytes), ("live blocks", "blocks", live.blocks)]
        {
            write!(
                out,
                ",\n{{\"ph\":\"C\",\"pid\":1,\"ts\":{index},\"name\":\"{counter}\",\"args\":{{\"{unit}\":{value}}}}}"
            )?;
        }
        for (thread, events) in &mut threads {
            write!(
                out,
                ",\n{{\"ph\":\"C\",\"pid\":1,\"ts\":{index},\"name\":\"events of thread {thread}\",\"args\":{{\"events\":{events}}}}}"
            )?;
            *events = 0;
        }
    }
    writeln!(out, "\n]}}")
}

#[derive(Default)]
struct Live {
    bytes: usize,
    blocks: usize,
}

impl Live {
    fn event(&mut self, event: Event, sizes: &mut Vec<usize>) {
        if let Event::Free { birth } | Event::Reallocate { birth, .. } = event {
            self.bytes = self.bytes.saturating_sub(sizes[birth]);
            self.blocks -= 1;
        }
        if let Event::Allocate { size, .. } | Event::Reallocate { size, .. } = event {
            self.bytes = self.bytes.saturating_add(size);
            self.blocks += 1;
            sizes.push(size);
        }
    }
}

/// What DHAT says of a program point.
#[derive(Clone, Copy, Default)]
struct Point {
    bytes: u64,
    blocks: u64,
    lifetimes: u64,
    live: (u64, u64),
    most: (u64, u64),
    at_peak: (u64, u64),
}

/// Writes a program point for each power of two of sizes.
///
/// # Errors
///
/// Those of `out`.
pub fn dhat(name: &str, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let (points, peak) = points(trace);
    let end = trace.events.len();
    writeln!(out, "{{\"dhatFileVersion\":2,\"mode\":\"heap\",\"verb\":\"Allocated\"")?;
    writeln!(out, ",\"bklt\":true,\"bkacc\":false")?;
    writeln!(out, ",\"tu\":\"events\",\"Mtu\":\"Mevents\",\"tuth\":10")?;
    writeln!(out, ",\"cmd\":{},\"pid\":1,\"tg\":{peak},\"te\":{end},\"pps\":[", Json(name))?;
    for (index, point) in points.values().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let Point { bytes, blocks, lifetimes, live, most, at_peak } = point;
        let frame = index + 1;
        writeln!(
            out,
            "{comma}{{\"tb\":{bytes},\"tbk\":{blocks},\"tl\":{lifetimes},\"mb\":{},\"mbk\":{},\
             \"gb\":{},\"gbk\":{},\"eb\":{},\"ebk\":{},\"fs\":[{frame}]}}",
            most.0, most.1, at_peak.0, at_peak.1, live.0, live.1
        )?;
    }
    write!(out, "],\"ftbl\":[\"[root]\"")?;
    for class in points.keys() {
        write!(out, ",\"requests of at most {} bytes\"", 1_u128 << class)?;
    }
    writeln!(out, "]}}")
}

/// The points by class of size, and the event after which most bytes live.
fn points(trace: &Trace) -> (BTreeMap<u32, Point>, usize) {
    let mut points: BTreeMap<u32, Point> = BTreeMap::new();
    // Size and birth of each block.
    let mut blocks: Vec<(u64, u64)> = Vec::new();
    let (mut live, mut most, mut peak) = (0_u64, 0_u64, 0);
    let class = |size: u64| size.max(1).next_power_of_two().trailing_zeros();
    for (index, event) in trace.events.iter().enumerate() {
        let now = index as u64;
        if let Event::Free { birth } | Event::Reallocate { birth, .. } = *event {
            let (size, born) = blocks[birth];
            let point = points.entry(class(size)).or_default();
            point.live = (point.live.0 - size, point.live.1 - 1);
            point.lifetimes += now - born;
            live = live.saturating_sub(size);
        }
        if let Event::Allocate { size, .. } | Event::Reallocate { size, .. } = *event {
            let size = size as u64;
            let point = points.entry(class(size)).or_default();
            point.bytes = point.bytes.saturating_add(size);
            point.blocks += 1;
            point.live = (point.live.0.saturating_add(size), point.live.1 + 1);
            point.most = point.most.max(point.live);
            live = live.saturating_add(size);
            blocks.push((size, now));
        }
        if most < live {
            (most, peak) = (live, index);
        }
    }
    at_peak(trace, peak, &mut points, class);
    // Blocks that live to the end have lived until then.
    let mut ended = vec![false; blocks.len()];
    for event in &trace.events {
        if let Event::Free { birth } | Event::Reallocate { birth, .. } = *event {
            ended[birth] = true;
        }
    }
    let end = trace.events.len() as u64;
    for ((size, born), _) in blocks.iter().zip(ended).filter(|(_, ended)| !ended) {
        points.entry(class(*size)).or_default().lifetimes += end - born;
    }
    (points, peak)
}

/// Fills in what lives after the event of the peak.
fn at_peak(
    trace: &Trace,
    peak: usize,
    points: &mut BTreeMap<u32, Point>,
    class: impl Fn(u64) -> u32,
) {
    let mut sizes: Vec<Option<u64>> = Vec::new();
    for event in trace.events.iter().take(peak + 1) {
        if let Event::Free { birth } | Event::Reallocate { birth, .. } = *event {
            sizes[birth] = None;
        }
        if let Event::Allocate { size, .. } | Event::Reallocate { size, .. } = *event {
            sizes.push(Some(size as u64));
        }
    }
    for size in sizes.into_iter().flatten() {
        let point = points.entry(class(size)).or_default();
        point.at_peak = (point.at_peak.0.saturating_add(size), point.at_peak.1 + 1);
    }
}
