//! What every policy, order and index makes of recorded traces: a table of waste, chunks visited
//! and time.
//!
//! `cargo run --release --example compare [-- OPTION… TRACE…]`; `--help` says more.
//!
//! A trace is what a real program asked of its allocator (`tests/traces/README.md`). Each
//! configuration is a heap of its own, made by the attribute; the replays are those of
//! `cargo brkalloc replay`. `contest.rs` adds ours to them. The last three rows are a policy of our own,
//! `good_enough.rs`; `docs/own-policy.md` says how to write one.

mod contest;
mod good_enough;

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_examples::command_line::{self, Asked, refuse, say};
use brkalloc_examples::text::{Grouped, shortened};
use brkalloc_oracle::trace;
use cargo_brkalloc::replay::Cell;
use contest::{Figures, Recording};
use lexopt::Arg::{Long, Short, Value};
use lexopt::{Parser, ValueExt};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(policy = "best_fit")]
static HEAP: BrkHeap;

const HELP: &str = "\
Replays traces under every policy, order and index, and under a policy of our
own, `GoodEnough`, and compares what comes of it.

usage: cargo run --release --example compare [-- OPTION… TRACE…]

  --coalesce=WHEN  when free neighbors merge: immediate (if not given),
                   deferred, or never, which takes a quarter of an hour: the
                   lists get long
  --runs=COUNT     timed runs, of which the median is shown; 5 if not given, and
                   1 where a run takes more than a second
  --csv            comma-separated values instead of a table: a line for each
                   row, as wide as it is
  --help           this text

Without a TRACE, it replays the repository's own.";

/// Columns that the name of a trace may take.
const NAME: usize = 24;

/// What the command line asks for.
struct Wishes {
    coalesce: &'static str,
    contestants: Vec<Cell>,
    runs: usize,
    csv: bool,
    traces: Vec<String>,
}

fn main() -> ExitCode {
    let code = command_line::run(HELP, wishes, |wishes, out| compare(&wishes, out));
    assert_eq!(HEAP.check(), Ok(()), "the heap that this program itself lives on");
    code
}

fn wishes(mut arguments: Parser) -> Asked<Wishes> {
    let mut wishes = Wishes {
        coalesce: "immediate",
        contestants: Vec::new(),
        runs: 5,
        csv: false,
        traces: Vec::new(),
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(None),
            Long("csv") => wishes.csv = true,
            Long("coalesce") => {
                let when = arguments.value()?;
                let known = ["immediate", "deferred", "never"];
                let known = known.into_iter().find(|known| when == *known);
                wishes.coalesce =
                    known.ok_or("write `--coalesce=immediate`, `=deferred` or `=never`")?;
            }
            Long("runs") => {
                let count =
                    arguments.value()?.parse().ok().filter(|count| (1..=99).contains(count));
                wishes.runs = count.ok_or("write `--runs=1` to `--runs=99`")?;
            }
            Value(trace) => wishes.traces.push(trace.to_string_lossy().into_owned()),
            other => return Err(other.unexpected()),
        }
    }
    wishes.contestants = contest::contestants(wishes.coalesce);
    Ok(Some(wishes))
}

/// One table per trace; the exit code is 1 if one could not be replayed.
fn compare(wishes: &Wishes, out: &mut impl Write) -> io::Result<ExitCode> {
    let recordings = match recordings(wishes) {
        Ok(recordings) => recordings,
        Err(mistake) => return Ok(refuse(mistake)),
    };
    writeln!(out, "{}", if wishes.csv { CSV_HEADER } else { HEADER })?;
    let mut code = ExitCode::SUCCESS;
    for recording in &recordings {
        match contest::play(recording, &wishes.contestants, wishes.runs) {
            Ok(figures) if wishes.csv => csv(recording, &figures, out)?,
            Ok(figures) => table(wishes, recording, &figures, out)?,
            Err(mistake) => {
                say(mistake);
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// The traces that were named, or the repository's own.
fn recordings(wishes: &Wishes) -> Result<Vec<Recording>, String> {
    if wishes.traces.is_empty() {
        let own = [("cc1", trace::CC1), ("git-log", trace::GIT_LOG)];
        return own.into_iter().map(|(name, bytes)| Recording::read(name, bytes)).collect();
    }
    let read = |path: &String| {
        let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
        let stem = Path::new(path).file_stem().unwrap_or_default().to_string_lossy();
        Recording::read(&stem, &bytes).map_err(|mistake| format!("{path}: {mistake}"))
    };
    wishes.traces.iter().map(read).collect()
}

const HEADER: &str = "\
Waste: how far the high-water mark, counted from the arena's first tag, exceeds
  with tags     the most bytes that the program had requested and not yet freed
  without tags  the most bytes of these objects as chunks: each with its tag of
                a word, in whole granules of 16 bytes, at least 32; what is left
                is fragmentation alone
Visited: free chunks that a search looked at.
Time: the processor's, for the heap's own work: one thread, no lock,
  harden = \"basic\"; the replay's own was measured apart and subtracted. Pages
  that a heap touches for the first time are part of it.";

fn table(
    wishes: &Wishes,
    recording: &Recording,
    figures: &[Figures],
    out: &mut impl Write,
) -> io::Result<()> {
    let Recording { recording, peak_chunks } = recording;
    let name = &recording.name;
    writeln!(
        out,
        "\n{}: {} requests, coalesce = {:?}",
        shortened(name, NAME),
        Grouped(recording.events.len()),
        wishes.coalesce
    )?;
    writeln!(
        out,
        "at most {} bytes requested at a time, {} as chunks\n",
        Grouped(recording.peak_live),
        Grouped(*peak_chunks)
    )?;
    writeln!(out, "{:<32}{:^22}  {:^15}  {:>7}", "", "waste in %", "visited", "ns per")?;
    writeln!(
        out,
        "{:<16}{:<9}{:<7}{:>9}{:>13}  {:>6}{:>9}  {:>7}",
        "policy", "order", "index", "with tags", "without tags", "median", "worst", "request"
    )?;
    for (contestant, figures) in wishes.contestants.iter().zip(figures) {
        let configuration = contestant.configuration;
        let median = Grouped(figures.visited_median as usize).to_string();
        // The two columns of `visited` have 15 characters.
        let worst = 15 - median.len().max(6);
        writeln!(
            out,
            "{:<16}{:<9}{:<7}{:>9.2}{:>13.2}  {median:>6}{:>worst$}  {:>7.0}",
            configuration.policy,
            configuration.order,
            configuration.index.unwrap_or("bins"),
            figures.with_tags,
            figures.without_tags,
            Grouped(figures.visited_worst as usize),
            figures.nanoseconds,
        )?;
    }
    Ok(())
}

const CSV_HEADER: &str = "trace,coalesce,policy,order,index,high_water_bytes,\
    waste_with_tags_percent,waste_without_tags_percent,searches,visited_median,visited_worst,\
    visited_mean,ns_per_request";

fn csv(recording: &Recording, figures: &[Figures], out: &mut impl Write) -> io::Result<()> {
    for figures in figures {
        let configuration = figures.configuration;
        writeln!(
            out,
            "{},{},{},{},{},{},{:.3},{:.3},{},{},{},{:.2},{:.1}",
            recording.recording.name,
            configuration.coalesce,
            configuration.policy,
            configuration.order,
            configuration.index.unwrap_or("bins"),
            figures.high_water,
            figures.with_tags,
            figures.without_tags,
            figures.searches,
            figures.visited_median,
            figures.visited_worst,
            figures.visited_mean,
            figures.nanoseconds,
        )?;
    }
    Ok(())
}
