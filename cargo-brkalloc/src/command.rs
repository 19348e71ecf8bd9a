//! How every command ends.
//!
//! ```text
//!   0  done
//!   1  a check that does not hold: `check`, `tune --verify`
//!   2  the command line is wrong
//!   3  a file that cannot be read or written, or is no trace
//!   4  the recorded program could not be run
//! ```
//!
//! What went wrong is one line on standard error, which says what to do.

use std::process::ExitCode;

/// The exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    Success = 0,
    Usage = 2,
}

/// What went wrong, in one line, and the exit code that says so to scripts.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) line: String,
}

impl From<lexopt::Error> for Failure {
    fn from(mistake: lexopt::Error) -> Self {
        Self { code: Code::Usage, line: format!("{mistake}; `cargo brkalloc --help` says more") }
    }
}

/// The exit code of the process; what went wrong goes to standard error.
pub(crate) fn end(result: Result<Code, Failure>) -> ExitCode {
    let code = result.unwrap_or_else(|failure| {
        eprintln!("cargo brkalloc: {}", failure.line);
        failure.code
    });
    ExitCode::from(code as u8)
}
