//! `cargo brkalloc info`: what a trace contains, in 80 columns.

use crate::command::{Code, Failure, print};
use crate::text::{grouped, short, shortened};
use crate::traces;
use brkalloc_trace::{Event, Trace, peak_live};
use core::fmt::Write;
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

const HELP: &str = "\
Shows what a trace contains: events, threads, peak, sizes, lifetimes.

usage: cargo brkalloc info app.brt

A raw recording, which a program leaves behind, is read as well.";

/// Columns of the longest bar.
const BAR: usize = 40;

/// Runs the command.
///
/// # Errors
///
/// The command line is wrong, or the file is no trace.
pub fn run(mut arguments: Parser) -> Result<Code, Failure> {
    let mut path = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => {
                print(&format!("{HELP}\n"))?;
                return Ok(Code::Success);
            }
            Value(value) if path.is_none() => path = Some(PathBuf::from(value)),
            other => return Err(other.unexpected().into()),
        }
    }
    let path =
        path.ok_or_else(|| Failure::usage("no trace; write `cargo brkalloc info app.brt`"))?;
    let trace = traces::load(&path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    print(&page(&name, &trace))?;
    Ok(Code::Success)
}

/// What a trace contains, as text.
#[must_use]
pub fn page(name: &str, trace: &Trace) -> String {
    let figures = Figures::of(trace);
    let threads: HashSet<u32> = trace.runs.iter().map(|run| run.thread).collect();
    let lines = [
        ("events", grouped(trace.events.len())),
        ("allocations", grouped(figures.allocations)),
        ("of zeros", grouped(trace.zeroed.len())),
        ("reallocations", grouped(figures.reallocations)),
        ("frees", grouped(figures.frees)),
        ("threads", grouped(threads.len())),
        ("changes of thread", grouped(trace.runs.len().saturating_sub(1))),
        ("bytes asked for", grouped(figures.bytes)),
        ("peak live", bytes(peak_live(&trace.events))),
        ("live at the end", bytes(figures.live)),
    ];
    let mut text = format!("{}\n\n", shortened(name, 78));
    for (what, value) in lines {
        writeln!(text, "  {what:<20}{value}").expect("memory can be written");
    }
    histogram(&mut text, "size", &figures.sizes, |class| match class {
        0 => "0".to_owned(),
        _ => format!("to {}", short(1 << class.min(62) >> 1)),
    });
    histogram(&mut text, "lifetime, in births", &figures.lifetimes, |class| match class {
        u32::MAX => "to the end".to_owned(),
        _ => format!("below {}", grouped(1_u64 << class.min(62))),
    });
    histogram(&mut text, "alignment", &figures.alignments, |log2| grouped(1_u64 << log2.min(62)));
    text
}

fn bytes(size: usize) -> String {
    format!("{} ({})", grouped(size), short(size))
}

/// Counts of blocks, by class.
type Counts = BTreeMap<u32, usize>;

/// Adds a table of counts with bars.
fn histogram(text: &mut String, title: &str, counts: &Counts, label: impl Fn(u32) -> String) {
    let most = counts.values().max().copied().unwrap_or(1);
    write!(text, "\n  {title:<20}{:>14}\n", "blocks").expect("memory can be written");
    for (class, count) in counts {
        let bar = "#".repeat((count * BAR).div_ceil(most));
        let label = label(*class);
        let line = format!("  {label:<20}{:>14}  {bar}", grouped(*count));
        writeln!(text, "{}", line.trim_end()).expect("memory can be written");
    }
}

#[derive(Default)]
struct Figures {
    allocations: usize,
    reallocations: usize,
    frees: usize,
    bytes: usize,
    live: usize,
    sizes: Counts,
    lifetimes: Counts,
    alignments: Counts,
}

impl Figures {
    fn of(trace: &Trace) -> Self {
        let mut figures = Self::default();
        // Size and alignment of every block; the size is gone once the block is.
        let mut blocks: Vec<(Option<usize>, usize)> = Vec::new();
        for &event in &trace.events {
            match event {
                Event::Allocate { size, align } => {
                    figures.allocations += 1;
                    figures.birth(&mut blocks, size, align);
                }
                Event::Free { birth } => {
                    figures.frees += 1;
                    figures.end(&mut blocks, birth);
                }
                Event::Reallocate { birth, size } => {
                    figures.reallocations += 1;
                    let align = blocks[birth].1;
                    figures.end(&mut blocks, birth);
                    figures.birth(&mut blocks, size, align);
                }
            }
        }
        let at_end = blocks.iter().filter_map(|(size, _)| *size);
        figures.live = at_end.clone().fold(0, usize::saturating_add);
        let count = at_end.count();
        if 0 < count {
            figures.lifetimes.insert(u32::MAX, count);
        }
        figures
    }

    fn birth(&mut self, blocks: &mut Vec<(Option<usize>, usize)>, size: usize, align: usize) {
        blocks.push((Some(size), align));
        self.bytes = self.bytes.saturating_add(size);
        // Class n has the sizes from 2^(n-2), exclusive, to 2^(n-1).
        let class = if size == 0 {
            0
        } else {
            size.saturating_sub(1).checked_ilog2().map_or(1, |log| log + 2)
        };
        *self.sizes.entry(class).or_default() += 1;
        *self.alignments.entry(align.trailing_zeros()).or_default() += 1;
    }

    fn end(&mut self, blocks: &mut [(Option<usize>, usize)], birth: usize) {
        let age = blocks.len() - birth;
        blocks[birth].0 = None;
        *self.lifetimes.entry(age.ilog2() + 1).or_default() += 1;
    }
}
