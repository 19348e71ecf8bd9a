//! How every command ends.
//!
//! ```text
//!   0  done
//!   1  a check that does not hold: `check`, `tune --verify`
//!   2  the command line is wrong
//!   3  a file that cannot be read or written, or is no trace
//!   4  the recorded program could not be run, or not be recorded
//! ```
//!
//! `record` ends as the program does: with its exit code, or 128 and the number of its signal.
//!
//! What went wrong is one line on standard error, which says what to do.

use core::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// How each line on standard error begins.
pub const PREFIX: &str = "cargo brkalloc: ";

/// The exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Done.
    Success,
    /// A check does not hold.
    Check,
    /// The command line is wrong.
    Usage,
    /// A file cannot be read or written, or is no trace.
    File,
    /// A program cannot be run.
    Program,
    /// That of the recorded program.
    Recorded(u8),
}

impl Code {
    /// Returns the number that scripts see.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Check => 1,
            Self::Usage => 2,
            Self::File => 3,
            Self::Program => 4,
            Self::Recorded(code) => code,
        }
    }
}

/// What went wrong, in one line, and the exit code that says so to scripts.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// The line; it says what to do.
    pub line: String,
}

impl Failure {
    /// Makes a failure of a line without control characters.
    pub fn new(code: Code, line: impl Display) -> Self {
        let line = line.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { code, line }
    }

    /// The command line is wrong.
    pub fn usage(line: impl Display) -> Self {
        Self::new(Code::Usage, line)
    }

    /// A file cannot be read or written, or is no trace.
    pub fn file(line: impl Display) -> Self {
        Self::new(Code::File, line)
    }

    /// A program cannot be run.
    pub fn program(line: impl Display) -> Self {
        Self::new(Code::Program, line)
    }
}

impl From<lexopt::Error> for Failure {
    fn from(mistake: lexopt::Error) -> Self {
        Self::usage(format_args!("{mistake}; `cargo brkalloc --help` says more"))
    }
}

/// Writes `text` to standard output. A reader who has seen enough (`| head`) is no failure.
///
/// # Errors
///
/// Standard output cannot be written.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::file(format_args!("standard output: {error}; write to a file instead")))
        }
        _ => Ok(()),
    }
}

/// Writes a line to standard error: what is worth knowing and is no failure.
pub fn note(line: impl Display) {
    let Failure { line, .. } = Failure::new(Code::Success, line);
    // That nobody reads it makes no difference.
    let _ = writeln!(io::stderr(), "{PREFIX}{line}");
}

/// The exit code of the process; what went wrong goes to standard error.
#[must_use]
pub fn end(result: Result<Code, Failure>) -> ExitCode {
    let code = result.unwrap_or_else(|failure| {
        note(failure.line);
        failure.code
    });
    ExitCode::from(code.number())
}
