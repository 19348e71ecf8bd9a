//! One process for each (row, workload). The rows take turns inside each round, and each round
//! begins at another one, so that what disturbs the machine disturbs all of them.

use crate::arguments::Arguments;
use brkalloc_benches::workload::Workload;
use core::fmt;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a process measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// Nanoseconds an operation.
    pub(crate) time: f64,
    /// Peak resident bytes.
    pub(crate) resident: f64,
    /// Peak live bytes; 0 where nobody counts them.
    pub(crate) live: f64,
}

/// Why there is no figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It took too long.
    Timeout,
    /// It ended otherwise; its standard error has said why.
    Failed,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Timeout => "timeout",
            Self::Failed => "failed",
        })
    }
}

/// Samples by workload, by row, by round; whoever fails once is not asked again.
pub(crate) type Samples = Vec<Vec<Result<Vec<Sample>, Failure>>>;

/// Runs every round.
///
/// # Errors
///
/// Where a program does not start.
pub(crate) fn run(arguments: &Arguments, programs: &[PathBuf]) -> Result<Samples, String> {
    let rows = programs.len();
    let mut samples = vec![vec![Ok(Vec::new()); rows]; arguments.workloads.len()];
    for round in 0..arguments.rounds {
        for (workload, of_rows) in arguments.workloads.iter().zip(&mut samples) {
            for row in (0..rows).map(|turn| (turn + round) % rows) {
                progress(arguments, round, workload.name, arguments.rows[row].name);
                if let Ok(of_rounds) = &mut of_rows[row] {
                    match measured(arguments, &programs[row], workload, round)? {
                        Ok(sample) => of_rounds.push(sample),
                        Err(failure) => of_rows[row] = Err(failure),
                    }
                }
            }
        }
    }
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
    Ok(samples)
}

/// Says where we are, to somebody who watches.
fn progress(arguments: &Arguments, round: usize, workload: &str, row: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[Kround {} of {}: {workload}, {row}", round + 1, arguments.rounds);
    }
}

/// Measures a workload in a process of its own.
fn measured(
    arguments: &Arguments,
    program: &Path,
    workload: &Workload,
    round: usize,
) -> Result<Result<Sample, Failure>, String> {
    let mut command = Command::new(program);
    command.args([workload.name, &(round + 1).to_string(), &arguments.milliseconds.to_string()]);
    answer(&mut command, Duration::from_secs(arguments.timeout))
        .map(|answer| answer.and_then(|text| sample(&text).ok_or(Failure::Failed)))
        .map_err(|error| format!("{}: {error}", program.display()))
}

/// What the command prints, which is less than a pipe holds, if it ends in time.
///
/// # Errors
///
/// Where it does not start.
pub(crate) fn answer(
    command: &mut Command,
    limit: Duration,
) -> std::io::Result<Result<String, Failure>> {
    let begin = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            let mut text = String::new();
            child.stdout.take().map(|mut output| output.read_to_string(&mut text)).transpose()?;
            return Ok(if status.success() { Ok(text) } else { Err(Failure::Failed) });
        }
        if limit <= begin.elapsed() {
            child.kill()?;
            child.wait()?;
            return Ok(Err(Failure::Timeout));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn sample(text: &str) -> Option<Sample> {
    let figures: Vec<f64> =
        text.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
    let &[time, resident, live] = &figures[..] else { return None };
    Some(Sample { time, resident, live })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_shell(script: &str, limit: Duration) -> Result<String, Failure> {
        answer(Command::new("sh").args(["-c", script]), limit).expect("there is a shell")
    }

    #[test]
    fn a_process_answers_or_says_why_not() {
        let (long, short) = (Duration::from_mins(1), Duration::from_millis(50));
        assert_eq!(of_shell("echo 1.5 20 3", long), Ok("1.5 20 3\n".to_owned()));
        assert_eq!(of_shell("echo 1.5; exit 1", long), Err(Failure::Failed));
        assert_eq!(of_shell("exec sleep 60", short), Err(Failure::Timeout));
    }

    #[test]
    fn a_sample_has_three_figures() {
        let three = Sample { time: 1.5, resident: 20.0, live: 3.0 };
        assert_eq!(sample("1.5 20 3\n"), Some(three));
        assert_eq!(sample("1.5 20\n"), None);
        assert_eq!(sample("1.5 20 x\n"), None);
    }
}
