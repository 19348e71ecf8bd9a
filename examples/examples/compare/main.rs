//! What every policy, order and index makes of recorded traces: a table of waste, chunks visited
//! and time.
//!
//! `cargo run --release --example compare [-- OPTION… TRACE…]`; `--help` says more.
//!
//! A trace is what a real program asked of its allocator (`tests/traces/README.md`). Each
//! configuration is a heap of its own, made by the attribute and laid over the same bytes with
//! [`brkalloc::Heap::over`]: `contest.rs` holds them all. The last three rows are a policy of our own,
//! `good_enough.rs`; `docs/own-policy.md` says how to write one.

mod contest;
mod good_enough;
mod progress;

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_examples::text::{Grouped, exit_code};
use brkalloc_oracle::trace;
use contest::{Contestant, Figures, Recording};
use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt;
use progress::Progress;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(policy = "best_fit")]
static HEAP: BrkHeap;

const HELP: &str = "\
Replays traces under every policy, order and index, and under a policy of our own, `GoodEnough`,
and compares what comes of it.

usage: cargo run --release --example compare [-- OPTION… TRACE…]

  --coalesce=WHEN  when free neighbors merge: immediate (if not given), deferred,
                   or never, which takes a quarter of an hour: the lists get long
  --runs=COUNT     timed runs, of which the median is shown; 5 if not given, and 1
                   where a run takes more than a second
  --csv            comma-separated values instead of a table
  --help           this text

Without a TRACE, it replays the repository's own.";

/// What the command line asks for.
struct Wishes {
    coalesce: &'static str,
    contestants: Vec<Contestant>,
    runs: usize,
    csv: bool,
    traces: Vec<String>,
}

fn main() -> ExitCode {
    let wishes = match wishes(lexopt::Parser::from_env()) {
        Ok(Some(wishes)) => wishes,
        Ok(None) => return exit_code(writeln!(io::stdout(), "{HELP}").map(|()| ExitCode::SUCCESS)),
        Err(mistake) => {
            eprintln!("{mistake}; `--help` lists the options");
            return ExitCode::from(2);
        }
    };
    let code = exit_code(compare(&wishes));
    assert_eq!(HEAP.check(), Ok(()), "the heap that this program itself lives on");
    code
}

/// What the command line asks for; `None` for the help.
fn wishes(mut arguments: lexopt::Parser) -> Result<Option<Wishes>, lexopt::Error> {
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
fn compare(wishes: &Wishes) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    if wishes.csv {
        writeln!(out, "{CSV_HEADER}")?;
    } else {
        writeln!(out, "{HEADER}")?;
    }
    let mut code = ExitCode::SUCCESS;
    for recording in recordings(wishes) {
        let outcome = recording.and_then(|recording| {
            let figures = figures(wishes, &recording)?;
            Ok((recording, figures))
        });
        match outcome {
            Ok((recording, figures)) if wishes.csv => csv(&recording, &figures, &mut out)?,
            Ok((recording, figures)) => table(wishes, &recording, &figures, &mut out)?,
            Err(mistake) => {
                eprintln!("{mistake}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// The traces that were named, or the repository's own.
fn recordings(wishes: &Wishes) -> Vec<Result<Recording, String>> {
    if wishes.traces.is_empty() {
        return vec![
            Recording::read("cc1", trace::CC1),
            Recording::read("git-log", trace::GIT_LOG),
        ];
    }
    let read = |path: &String| {
        let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
        let stem = Path::new(path).file_stem().unwrap_or_default().to_string_lossy();
        Recording::read(&stem, &bytes).map_err(|mistake| format!("{path}: {mistake}"))
    };
    wishes.traces.iter().map(read).collect()
}

/// What each contestant makes of one trace.
fn figures(wishes: &Wishes, recording: &Recording) -> Result<Vec<Figures>, String> {
    let mut progress = Progress::new(&recording.name, wishes.contestants.len());
    let mut field = contest::Field::new(wishes.runs, recording)?;
    let mut all = Vec::new();
    for contestant in &wishes.contestants {
        let configuration = contestant.configuration;
        progress.begin(format_args!("{}, {}", configuration.policy, configuration.order));
        all.push(field.play(contestant)?);
    }
    Ok(all)
}

const HEADER: &str = "\
Waste: how far the high-water mark, counted from the arena's first tag, exceeds
  with tags     the most bytes that the program had requested and not yet freed
  without tags  the most bytes of these objects as chunks: each with its tag of a
                word, in whole granules of 16 bytes, at least 32; what is left is
                fragmentation alone
Visited: free chunks that a search looked at.
Time: the processor's, for the heap's own work: one thread, no lock,
  harden = \"basic\"; the replay's own was measured apart and subtracted.";

fn table(
    wishes: &Wishes,
    recording: &Recording,
    figures: &[Figures],
    out: &mut impl Write,
) -> io::Result<()> {
    let Recording { name, events, peak_requested, peak_chunks, .. } = recording;
    writeln!(
        out,
        "\n{name}: {} requests, coalesce = {:?}",
        Grouped(events.len()),
        wishes.coalesce
    )?;
    writeln!(
        out,
        "at most {} bytes requested at a time, {} as chunks\n",
        Grouped(*peak_requested),
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
        writeln!(
            out,
            "{:<16}{:<9}{:<7}{:>9.2}{:>13.2}  {:>6}{:>9}  {:>7.0}",
            configuration.policy,
            configuration.order,
            configuration.index.unwrap_or("bins"),
            figures.with_tags,
            figures.without_tags,
            Grouped(figures.visited_median as usize),
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
            recording.name,
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
