//! The parent: it starts a child for each measurement, and takes medians.

use super::child::Mode;
use crate::command::{Failure, PREFIX};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What one heap needed for one recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The heap's own time per event, in nanoseconds.
    pub nanoseconds: f64,
    /// By how many bytes the process grew, at its peak.
    pub resident: usize,
    /// The arena's high water; 0 for the system's allocator.
    pub high_water: usize,
}

/// Starts children of this program.
#[derive(Clone, Debug)]
pub struct Children {
    program: PathBuf,
}

impl Children {
    /// Children of the running program.
    ///
    /// # Errors
    ///
    /// The system does not tell the program's file.
    pub fn new() -> Result<Self, Failure> {
        let program = std::env::current_exe();
        let program = program.map_err(|error| {
            Failure::program(format_args!("{error}; run cargo-brkalloc by its path"))
        })?;
        Ok(Self { program })
    }

    /// Children of another program, for tests.
    #[must_use]
    pub fn of(program: &Path) -> Self {
        Self { program: program.to_owned() }
    }

    /// Replays a trace once. Returns nanoseconds, resident bytes and the high water.
    ///
    /// # Errors
    ///
    /// The child cannot be started, or its heap refused.
    pub fn once(
        &self,
        options: &str,
        trace: &Path,
        mode: Mode,
        seed: u64,
    ) -> Result<(u64, usize, usize), Failure> {
        let output = Command::new(&self.program)
            .args(["__replay", options])
            .arg(trace)
            .args([mode.word(), &seed.to_string()])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| {
                Failure::program(format_args!("{}: {error}", self.program.display()))
            })?;
        let said = String::from_utf8_lossy(&output.stdout);
        let mut fields = said.split_whitespace();
        let mut number = || fields.next()?.parse::<u64>().ok();
        let figures = number().zip(number()).zip(number());
        let figures = figures.filter(|_| output.status.success()).and_then(
            |((time, resident), high_water)| {
                Some((time, usize::try_from(resident).ok()?, usize::try_from(high_water).ok()?))
            },
        );
        figures.ok_or_else(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            let error = errors.lines().last().unwrap_or("it said nothing");
            // The child is this tool, and begins its line as this process will.
            let error = error.trim_start_matches(PREFIX);
            Failure::program(format_args!("the replay on `{options}` failed: {error}"))
        })
    }
}
