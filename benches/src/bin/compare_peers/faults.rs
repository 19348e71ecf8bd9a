//! What a heap asks of the system: page faults, and the system calls that are for memory or wait.
//!
//! Every row runs the same operations: so many batches of each workload, whatever the time they take.
//! The program of the row counts the page faults itself, less those of the harness's own tables.
//! strace counts the calls; those of a run without a workload are subtracted, so that the start of
//! the program is in neither. What the harness maps is in the calls, for every row the same.
//!
//! The peers in Rust are left out: most of them have all of their memory before they begin.

use crate::rounds::{Failure, answer};
use brkalloc_benches::rows::{Kind, Row};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The workloads, and their batches: about 2 million operations, or a few documents, trees or vectors.
const BATCHES: [(&str, u64); 17] = [
    ("live-10^3", 2000),
    ("live-10^4", 2000),
    ("live-10^5", 2000),
    ("live-10^6", 2000),
    ("actions", 2000),
    ("frag", 1),
    ("bintree", 2),
    ("json", 4),
    ("btreemap", 1000),
    ("vec-big", 4),
    ("vec-small", 2000),
    ("churn-t2", 1000),
    ("churn-t4", 1000),
    ("larson-t2", 1000),
    ("larson-t4", 1000),
    ("pipe-t2", 20_000),
    ("pipe-t4", 20_000),
];

/// The workloads' seed.
const SEED: &str = "1";

/// What a workload asked of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Page faults that needed no disk.
    pub(crate) faults: u64,
    pub(crate) calls: Calls,
}

/// System calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Calls {
    /// `brk`, `mmap`, `munmap`, `madvise` and their kin.
    pub(crate) memory: u64,
    /// `futex`, which waits for another thread or wakes it.
    pub(crate) waits: u64,
}

/// What one workload asked on each row.
#[derive(Debug)]
pub(crate) struct OfWorkload {
    pub(crate) workload: &'static str,
    pub(crate) asked: Vec<Result<Asked, Failure>>,
}

/// Whether a row is counted.
pub(crate) fn is_counted(row: &Row) -> bool {
    !matches!(row.kind, Kind::Peer(_))
}

/// Counts each workload on each of these programs.
///
/// # Errors
///
/// Where strace does not start.
pub(crate) fn count(programs: &[PathBuf], timeout: u64) -> Result<Vec<OfWorkload>, String> {
    let traced = |program: &Path, words: &[&str]| {
        traced(program, words, timeout).map_err(|error| format!("strace: {error}"))
    };
    let starts = programs.iter().map(|program| traced(program, &["pairs", "0"]));
    let starts: Vec<_> = starts.collect::<Result<_, _>>()?;
    let of_workload = |&(workload, batches): &(&'static str, u64)| {
        let words = ["faults", workload, SEED, &batches.to_string()];
        let asked = programs.iter().zip(&starts).map(|(program, start)| {
            let run = traced(program, &words)?;
            Ok(start
                .as_ref()
                .map_err(|failure| *failure)
                .and_then(|start| asked(&run?, start).ok_or(Failure::Failed)))
        });
        Ok(OfWorkload { workload, asked: asked.collect::<Result<_, String>>()? })
    };
    BATCHES.iter().map(of_workload).collect()
}

/// What the program prints under strace, and strace behind it.
fn traced(
    program: &Path,
    words: &[&str],
    timeout: u64,
) -> std::io::Result<Result<String, Failure>> {
    let mut command = Command::new("strace");
    command.args(["-f", "--seccomp-bpf", "-e", "trace=%memory,futex"]);
    command.args(["-c", "-U", "calls,name", "-o", "/dev/stdout"]);
    // A program that is traced goes on when strace is killed: that is what `timeout` ends.
    command.args(["timeout", "-s", "KILL", &(timeout + 1).to_string()]);
    answer(command.arg(program).args(words), Duration::from_secs(timeout))
}

/// The figures of a run, less the calls of one without a workload.
fn asked(run: &str, start: &str) -> Option<Asked> {
    let faults = run.lines().next()?.trim().parse().ok()?;
    let (run, start) = (calls(run)?, calls(start)?);
    let memory = run.memory.checked_sub(start.memory)?;
    Some(Asked { faults, calls: Calls { memory, waits: run.waits.checked_sub(start.waits)? } })
}

/// The calls in strace's summary, which is two columns, the number and the name.
fn calls(text: &str) -> Option<Calls> {
    let mut calls = Calls { memory: 0, waits: 0 };
    let summary = text.lines().skip_while(|line| !line.contains("syscall"));
    for line in summary.filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit())) {
        let (count, name) = line.trim().split_once(' ')?;
        let count: u64 = count.parse().ok()?;
        match name.trim() {
            "total" => return (count == calls.memory + calls.waits).then_some(calls),
            "futex" => calls.waits += count,
            _ => calls.memory += count,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use brkalloc_benches::workload::GROUPS;

    #[test]
    fn the_workloads_are_those_of_three_groups() {
        let is_counted = |name: &str| ["live", "programs", "threads"].contains(&name);
        let groups = GROUPS.iter().filter(|group| is_counted(group.name));
        let names: Vec<&str> = groups.flat_map(|group| group.workloads).copied().collect();
        assert_eq!(BATCHES.map(|(name, _)| name).to_vec(), names);
    }

    #[test]
    fn calls_are_those_of_a_run_less_those_of_a_start() {
        let rule = "--------- ----------------\n";
        let summary = |calls: &str| format!("    calls syscall\n{rule}{calls}");
        let start = summary(&format!("        8 mmap\n        3 brk\n{rule}       11 total\n"));
        let run =
            format!("       20 mmap\n        5 futex\n        3 brk\n{rule}       28 total\n");
        let run = format!("1234\n{}", summary(&run));
        let calls = Calls { memory: 12, waits: 5 };
        assert_eq!(asked(&run, &start), Some(Asked { faults: 1234, calls }));
        assert_eq!(asked(&start, &start), None, "it has printed no page faults");
        assert_eq!(asked(&run[..run.len() - 10], &start), None, "the summary has an end");
    }

    #[test]
    fn a_program_under_strace_answers_with_both() {
        let shell =
            |script| traced(Path::new("/bin/sh"), &["-c", script], 1).expect("strace starts");
        let start = shell("exit 0").expect("it ends at once");
        let run = shell("echo 77; sh -c 'exit 0'; exit 0").expect("it ends at once");
        let Asked { faults, calls } = asked(&run, &start).expect("both have a summary");
        assert!(faults == 77 && 0 < calls.memory, "{calls:?}");
        assert_eq!(shell("sleep 60"), Err(Failure::Timeout));
        assert_eq!(shell("exit 1"), Err(Failure::Failed));
    }
}
