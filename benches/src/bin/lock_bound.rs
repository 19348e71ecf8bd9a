//! With how many threads the busiest lock of a heap would be busy half of the time.
//!
//! ```text
//!  cargo run --release --manifest-path benches/Cargo.toml --bin lock_bound [-- OPTIONS]
//!
//!  build (of compare_peers)   the programs of the rows, with cargo: with_*, which are timed, and counted_*,
//!                             the same heaps with counters
//!  the library's `lock_bound` requests, acquisitions, and how long the lock was held
//! ```
//!
//! The two programs of a row run in turn, round by round. What is divided by what stands in `README.md`.

#[path = "compare_peers/build.rs"]
mod build;

use brkalloc_benches::choice::{among, ended};
use brkalloc_benches::machine;
use brkalloc_benches::rows::{Kind, ROWS, Row};
use brkalloc_benches::statistics::median;
use core::fmt::Write as _;
use lexopt::Arg::{Long, Short};
use lexopt::ValueExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

const USAGE: &str = "\
usage: lock_bound [--row NAME]... [--workload NAME]... [--rounds N] [--milliseconds N]

  --row, --workload    only those whose names begin so
  --rounds             how often each runs: 3
  --milliseconds       how long each time: 250";

/// Rows, by name, and the program that counts.
const COUNTED: [Row; 6] = [
    counted("default", "counted_default", r#"#[brk_heap(stats = "counters")]"#),
    counted("fast", "counted_fast", r#"#[brk_heap(preset = "fast", stats = "counters")]"#),
    counted("lean", "counted_lean", r#"#[brk_heap(preset = "lean", stats = "counters")]"#),
    counted(
        "hardened",
        "counted_hardened",
        r#"#[brk_heap(preset = "hardened", stats = "counters")]"#,
    ),
    counted(
        "segregated_fit",
        "counted_segregated_fit",
        r#"#[brk_heap(policy = "segregated_fit", stats = "counters")]"#,
    ),
    counted(
        "first_fit by address",
        "counted_first_fit",
        r#"#[brk_heap(arena = "64KiB", policy = "first_fit", order = "address", stats = "counters")]"#,
    ),
];

const fn counted(name: &'static str, program: &'static str, attribute: &'static str) -> Row {
    Row { name, program, kind: Kind::Ours(attribute) }
}

/// A workload of threads.
struct Workload {
    name: &'static str,
    /// Threads, whose time is the wall clock's; `None` where the program prints their CPU time.
    threads: Option<u32>,
}

/// Requests of an operation of those workloads that have threads of their own: an allocation and a free.
const PAIR: f64 = 2.0;

/// What a server answers in the least round.
const ANSWERS: f64 = 800.0;

const WORKLOADS: [Workload; 7] = [
    Workload { name: "churn-t2", threads: Some(2) },
    Workload { name: "churn-t4", threads: Some(4) },
    Workload { name: "larson-t2", threads: Some(2) },
    Workload { name: "larson-t4", threads: Some(4) },
    Workload { name: "pipe-t2", threads: Some(2) },
    Workload { name: "pipe-t4", threads: Some(4) },
    Workload { name: "server", threads: None },
];

/// What a row has in one round, or in the median over all, per request.
#[derive(Clone, Copy, Debug)]
struct Figures {
    acquisitions: f64,
    /// Lists handed over under the locks of size classes.
    handovers: f64,
    /// How long the busiest of all locks is held.
    held: f64,
    time: f64,
}

impl Figures {
    /// With so many threads, the busiest lock is held half of the time.
    fn threads(&self) -> f64 {
        0.5 * self.time / self.held
    }
}

struct Asked {
    rows: Vec<String>,
    workloads: Vec<String>,
    rounds: u32,
    milliseconds: u32,
}

fn main() -> ExitCode {
    ended(compare())
}

fn compare() -> Result<(), String> {
    let asked = arguments(lexopt::Parser::from_env());
    let Some(asked) = asked.map_err(|mistake| format!("{mistake}\n{USAGE}"))? else {
        println!("{USAGE}");
        return Ok(());
    };
    let counted = among(&asked.rows, &COUNTED, |row| row.name)?;
    let workloads = among(&asked.workloads, &WORKLOADS, |workload| workload.name)?;
    let timed: Vec<&'static Row> = counted.iter().filter_map(|row| plain(row)).collect();
    let (counting, timed) =
        (build::programs("release", &counted)?, build::programs("release", &timed)?);
    println!("{HEAD}");
    for workload in workloads {
        let mut rounds = vec![Vec::new(); counted.len()];
        for seed in 1..=asked.rounds {
            for (row, round) in rounds.iter_mut().enumerate() {
                round.push(measured(
                    workload,
                    &timed[row],
                    &counting[row],
                    seed,
                    asked.milliseconds,
                )?);
            }
        }
        for (row, rounds) in counted.iter().zip(&rounds) {
            print!("{}", line(workload.name, row.name, &middle(rounds)));
        }
    }
    println!("\n({}; {} rounds of {} ms)", machine(), asked.rounds, asked.milliseconds);
    Ok(())
}

const HEAD: &str = "| workload | allocator | acquisitions per 1000 requests | handovers per 1000 requests | \
                    ns that the busiest lock is held per 1000 requests | ns per request | threads at which it \
                    is busy half of the time |\n\
                    |---|---|--:|--:|--:|--:|--:|";

/// The row without counters.
fn plain(counted: &Row) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == counted.name)
}

/// What is asked for; none if that is help.
fn arguments(mut rest: lexopt::Parser) -> Result<Option<Asked>, lexopt::Error> {
    let mut asked = Asked { rows: Vec::new(), workloads: Vec::new(), rounds: 3, milliseconds: 250 };
    while let Some(option) = rest.next()? {
        match option {
            Long("row") => asked.rows.push(rest.value()?.string()?),
            Long("workload") => asked.workloads.push(rest.value()?.string()?),
            Long("rounds") => asked.rounds = rest.value()?.parse::<u32>()?.max(1),
            Long("milliseconds") => asked.milliseconds = rest.value()?.parse::<u32>()?.max(1),
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(asked))
}

/// The numbers that a program prints.
fn run(program: &Path, name: &str, seed: u32, milliseconds: u32) -> Result<Vec<f64>, String> {
    let fails = |why: &dyn core::fmt::Display| format!("{} {name}: {why}", program.display());
    let mut command = Command::new(program);
    command.args([name, &seed.to_string(), &milliseconds.to_string()]);
    let ended = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let ended = ended.map_err(|error| fails(&error))?;
    let text = String::from_utf8_lossy(&ended.stdout);
    let numbers = text.split_whitespace().map(|word| word.parse().ok()).collect::<Option<_>>();
    numbers.filter(|_| ended.status.success()).ok_or_else(|| fails(&ended.status))
}

fn measured(
    workload: &Workload,
    timed: &Path,
    counting: &Path,
    seed: u32,
    milliseconds: u32,
) -> Result<Figures, String> {
    let name = workload.name;
    let short = || format!("{name}: too few numbers");
    let time = *run(timed, name, seed, milliseconds)?.first().ok_or_else(short)?;
    let counted = |milliseconds| {
        let numbers = run(counting, name, seed, milliseconds)?;
        <[f64; 7]>::try_from(numbers).map_err(|_| short())
    };
    let [requests, acquisitions, held, handovers, busiest, busiest_held, reading] =
        counted(milliseconds)?;
    let time = if let Some(threads) = workload.threads {
        time * f64::from(threads) / PAIR
    } else {
        let [requests, ..] = counted(0)?;
        time * ANSWERS / requests
    };
    let held = (held - acquisitions * reading).max(busiest_held - busiest * reading).max(1.0);
    let per_request = |figure: f64| figure / requests;
    let [acquisitions, handovers, held] = [acquisitions, handovers, held].map(per_request);
    Ok(Figures { acquisitions, handovers, held, time })
}

/// The medians.
fn middle(rounds: &[Figures]) -> Figures {
    let of = |figure: fn(&Figures) -> f64| {
        median(&rounds.iter().map(figure).collect::<Vec<f64>>()).unwrap_or(f64::NAN)
    };
    Figures {
        acquisitions: of(|round| round.acquisitions),
        handovers: of(|round| round.handovers),
        held: of(|round| round.held),
        time: of(|round| round.time),
    }
}

/// A line of the table, as Markdown.
fn line(workload: &str, row: &str, figures: &Figures) -> String {
    let [acquisitions, handovers, held] =
        [figures.acquisitions, figures.handovers, figures.held].map(|figure| 1000.0 * figure);
    let (time, threads) = (figures.time, figures.threads());
    let mut text = String::new();
    let line = writeln!(
        text,
        "| {workload} | {row} | {acquisitions:.2} | {handovers:.2} | {held:.0} | {time:.1} | {threads:.1} |"
    );
    line.expect("a string takes every line");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_that_counts_has_the_attribute_of_its_row_and_counters() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin");
        for row in &COUNTED {
            let (Some(plain), Kind::Ours(attribute)) = (plain(row), row.kind) else {
                panic!("{} is no row of ours", row.name)
            };
            let Kind::Ours(of_row) = plain.kind else { panic!("{} is a peer", row.name) };
            let options = of_row.trim_start_matches("#[brk_heap").trim_matches(['(', ')', ']']);
            assert!(attribute.contains(options), "{attribute} is not {of_row}");
            let text = std::fs::read_to_string(format!("{folder}/{}.rs", row.program));
            assert!(text.expect("a program").contains(attribute), "{}", row.program);
        }
    }

    #[test]
    fn the_lock_is_busy_half_of_the_time_with_so_many_threads() {
        // Each holds it for an eighth of its time.
        let one = Figures { acquisitions: 0.25, handovers: 0.5, held: 2.0, time: 16.0 };
        assert!((one.threads() - 4.0).abs() < 1e-9);
        assert_eq!(
            line("churn-t2", "fast", &one),
            "| churn-t2 | fast | 250.00 | 500.00 | 2000 | 16.0 | 4.0 |\n"
        );
        let two = Figures { held: 4.0, ..one };
        assert!((middle(&[one, two, two]).held - 4.0).abs() < 1e-9);
    }

    #[test]
    fn rows_workloads_and_rounds_are_chosen() {
        let read = |words: &[&str]| arguments(lexopt::Parser::from_args(words));
        let asked = read(&["--row", "fast", "--workload", "pipe", "--rounds", "6"]);
        let asked = asked.expect("all are known").expect("no help");
        assert_eq!(
            (asked.rows, asked.workloads),
            (vec!["fast".to_owned()], vec!["pipe".to_owned()])
        );
        assert_eq!((asked.rounds, asked.milliseconds), (6, 250));
        assert!(read(&["--help"]).expect("it is known").is_none());
        assert!(read(&["--fast"]).is_err());
    }
}
