//! What a server that alternates between bursts and rest keeps resident at rest, on each allocator.
//!
//! ```text
//!  cargo run --release --manifest-path benches/Cargo.toml --bin rests [-- OPTIONS]
//!
//!  build (of compare_peers)   the programs of the rows, with cargo
//!  the library's `rest`       bursts and rest, in a process for each row, one after the other
//! ```
//!
//! The first round does not count: a heap takes its memory in it.

#[path = "compare_peers/build.rs"]
mod build;

use brkalloc_benches::choice::{Choice, among, ended};
use brkalloc_benches::machine;
use brkalloc_benches::meter::float;
use brkalloc_benches::rows::{ROWS, Row};
use brkalloc_benches::statistics::median;
use core::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

const USAGE: &str = "\
usage: rests [--row NAME]... [--rounds N]

  --row       only those whose names begin so; default, first_fit, glibc, mimalloc and jemalloc
  --rounds    how many bursts, each with its rest: about two seconds; 30";

/// The rows that are compared if none is named.
const COMPARED: [&str; 5] = ["glibc", "default", "first_fit", "mimalloc", "jemalloc"];

/// The seed of every row.
const SEED: &str = "1";

/// What a row has, in the median over its rounds.
struct Figures {
    row: &'static Row,
    seconds: f64,
    busy: f64,
    faults: f64,
    resident: f64,
    live: f64,
}

fn main() -> ExitCode {
    ended(compare())
}

fn compare() -> Result<(), String> {
    let Some(mut choice) = Choice::read(lexopt::Parser::from_env(), (30, 2)).map_err(misread)?
    else {
        println!("{USAGE}");
        return Ok(());
    };
    if choice.names.is_empty() {
        choice.names = COMPARED.map(str::to_owned).to_vec();
    }
    let rounds = choice.rounds;
    let rows: Vec<&'static Row> = among(&choice.names, ROWS, |row| row.name)?;
    let programs = build::programs("release", &rows)?;
    let figures = rows.iter().zip(&programs).map(|(row, program)| measured(row, program, rounds));
    let figures: Vec<Figures> = figures.collect::<Result<_, _>>()?;
    print!("{}", table(&figures));
    println!("\n({}; {rounds} rounds)", machine());
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes it so")]
fn misread(mistake: lexopt::Error) -> String {
    format!("{mistake}\n{USAGE}")
}

fn measured(row: &'static Row, program: &Path, rounds: u32) -> Result<Figures, String> {
    let fails = |why: &dyn core::fmt::Display| format!("{}: {why}", program.display());
    let mut command = Command::new(program);
    command.args(["rest", SEED, &rounds.to_string()]).stdin(Stdio::null()).stderr(Stdio::inherit());
    let ended = command.output().map_err(|error| fails(&error))?;
    let text = String::from_utf8_lossy(&ended.stdout);
    figures(row, &text).filter(|_| ended.status.success()).ok_or_else(|| fails(&ended.status))
}

/// The medians of all lines but the first.
fn figures(row: &'static Row, text: &str) -> Option<Figures> {
    let of_line = |line: &str| line.split(' ').map(|word| word.parse::<u64>().ok()).collect();
    let lines: Vec<Vec<u64>> = text.lines().skip(1).map(of_line).collect::<Option<_>>()?;
    let column = |index: usize| {
        let column = lines.iter().map(|line| line.get(index).copied().map(float));
        median(&column.collect::<Option<Vec<f64>>>()?)
    };
    Some(Figures {
        row,
        seconds: column(0)? / 1e9,
        busy: column(1)? / 1e9,
        faults: column(2)?,
        resident: column(3)? / f64::from(1 << 20),
        live: column(4)? / f64::from(1 << 20),
    })
}

/// The table, as Markdown.
fn table(figures: &[Figures]) -> String {
    let best = figures.iter().map(|row| row.resident).fold(f64::INFINITY, f64::min);
    let mut text = "| allocator | resident at rest, MiB | to the best | live, MiB | burst, s | \
                    burst, CPU s | page faults a round |\n|---|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for Figures { row, seconds, busy, faults, resident, live } in figures {
        let name = row.name;
        let ratio = resident / best;
        let line = writeln!(
            text,
            "| {name} | {resident:.1} | {ratio:.2} | {live:.1} | {seconds:.2} | {busy:.2} | {faults:.0} |"
        );
        line.expect("a string takes every line");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_medians_without_the_first_round() {
        let text = "9 9 9 9 9\n1000000000 2000000000 5 2097152 1048576\n\
                    3000000000 4000000000 7 4194304 1048576\n";
        let of_row = figures(&ROWS[0], text).expect("they are numbers");
        let all = [of_row.seconds, of_row.busy, of_row.faults, of_row.resident, of_row.live];
        let expected = [2.0, 3.0, 6.0, 3.0, 1.0];
        assert!(all.iter().zip(expected).all(|(one, other)| (one - other).abs() < 1e-9), "{all:?}");
        assert!(figures(&ROWS[0], "1 2 3 4 5\n1 2 3 4 x\n").is_none());
        assert!(table(&[of_row]).ends_with("| glibc | 3.0 | 1.00 | 1.0 | 2.00 | 3.00 | 6 |\n"));
    }

    #[test]
    fn the_rows_that_are_compared_are_there() {
        let choice = Choice { names: COMPARED.map(str::to_owned).to_vec(), rounds: 2 };
        assert_eq!(among(&choice.names, ROWS, |row| row.name).map(|rows| rows.len()), Ok(5));
    }
}
