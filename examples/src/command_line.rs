//! How every example begins and ends.
//!
//! ```text
//!   --help            the usage on standard output                    status 0
//!   a wrong argument  one line on standard error, and nothing else    status 2
//!   a closed pipe     nothing more: the reader has seen enough        status 0
//! ```

use core::fmt::Display;
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::ffi::OsString;
use std::io::{self, ErrorKind, StdoutLock, Write};
use std::process::ExitCode;

/// What a reader of the command line returns: what the program is asked for, or `None` for the help.
pub type Asked<T> = Result<Option<T>, lexopt::Error>;

/// Has `read` read the command line, and runs `program` with what it found; prints `help` if that
/// is asked for.
///
/// `program` returns the error of the first line that it could not write.
pub fn run<T>(
    help: &str,
    read: impl FnOnce(Parser) -> Asked<T>,
    program: impl FnOnce(T, &mut StdoutLock<'_>) -> io::Result<ExitCode>,
) -> ExitCode {
    let asked = match read(Parser::from_env()) {
        Ok(asked) => asked,
        Err(mistake) => return refuse(format_args!("{mistake}; `--help` says more")),
    };
    let mut out = io::stdout().lock();
    exit_code(match asked {
        Some(asked) => program(asked, &mut out),
        None => writeln!(out, "{help}").map(|()| ExitCode::SUCCESS),
    })
}

/// Reads a command line without options.
///
/// # Errors
///
/// The first option that is not `--help`.
pub fn operands(mut arguments: Parser) -> Asked<Vec<OsString>> {
    let mut operands = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(None),
            Value(operand) => operands.push(operand),
            option => return Err(option.unexpected()),
        }
    }
    Ok(Some(operands))
}

/// Reads the command line of a program that takes nothing.
///
/// # Errors
///
/// The first argument that is not `--help`.
pub fn nothing(mut arguments: Parser) -> Asked<()> {
    match arguments.next()? {
        None => Ok(Some(())),
        Some(Long("help") | Short('h')) => Ok(None),
        Some(other) => Err(other.unexpected()),
    }
}

/// Says in one line on standard error what is wrong with the command line; the program's status.
#[must_use]
pub fn refuse(mistake: impl Display) -> ExitCode {
    let line: String =
        mistake.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    say(line);
    ExitCode::from(2)
}

/// Writes a line to standard error. That nobody reads it makes no difference.
pub fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// How a program ends that has written its output: a reader who has seen enough (`| head`) is no
/// failure.
fn exit_code(written: io::Result<ExitCode>) -> ExitCode {
    match written {
        Ok(code) => code,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("standard output: {error}"));
            ExitCode::FAILURE
        }
    }
}
