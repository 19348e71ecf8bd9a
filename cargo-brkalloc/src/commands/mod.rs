//! The commands; one module for each.

pub mod check;
pub mod export;
pub mod import;
pub mod info;
pub mod map;
pub mod record;
pub mod replay;
pub mod tune;

use crate::attributes::{self, Mode};
use crate::command::{Code, Failure, print};
use crate::interrupt;
use crate::tune::{Program, measure};
use lexopt::{Parser, ValueExt};
use std::path::PathBuf;

/// Reads the next value as text.
pub(crate) fn word(arguments: &mut Parser) -> Result<String, Failure> {
    arguments.value()?.string().map_err(|error| Failure::usage(format_args!("{error}; write text")))
}

/// Reads the next value as one of `known`.
pub(crate) fn one_of(
    arguments: &mut Parser,
    option: &str,
    known: &[&'static str],
) -> Result<&'static str, Failure> {
    let given = word(arguments)?;
    known.iter().find(|known| **known == given).copied().ok_or_else(|| {
        let known = known.join("`, `");
        Failure::usage(format_args!("--{option} {given}: write one of `{known}`"))
    })
}

/// The one trace that a command takes.
pub(crate) fn one_trace(traces: Vec<PathBuf>, command: &str) -> Result<PathBuf, Failure> {
    let [trace] = <[PathBuf; 1]>::try_from(traces).map_err(|traces| {
        let wrong = if traces.is_empty() { "no trace" } else { "more than one trace" };
        Failure::usage(format_args!("{wrong}; write `cargo brkalloc {command} app.brt`"))
    })?;
    Ok(trace)
}

/// Replays one trace on one heap, for `tune`: `__replay OPTIONS TRACE MODE SEED`.
///
/// # Errors
///
/// As for [`attributes::run`].
pub fn child(mut arguments: Parser) -> Result<Code, Failure> {
    interrupt::ignore();
    let options = word(&mut arguments)?;
    let trace = PathBuf::from(arguments.value()?);
    let mode = if word(&mut arguments)? == Mode::Time.word() { Mode::Time } else { Mode::Memory };
    let seed = word(&mut arguments)?.parse().unwrap_or(0);
    attributes::run(&options, &trace, mode, seed)?;
    Ok(Code::Success)
}

/// Runs one program, for `tune --verify`: `__run LIBRARY PROGRAM ARGUMENT…`.
///
/// # Errors
///
/// The program cannot be run.
pub fn measured(mut arguments: Parser) -> Result<Code, Failure> {
    let library = PathBuf::from(arguments.value()?);
    let mut rest = arguments.raw_args()?;
    let name = rest.next().ok_or_else(|| Failure::usage("no program; write one"))?;
    print(&measure(&Program { name, arguments: rest.collect() }, &library)?)?;
    Ok(Code::Success)
}
