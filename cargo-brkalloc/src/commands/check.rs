//! `cargo brkalloc check`: whether a recording stays within a size, for CI.

use super::{one_trace, word};
use crate::command::{Code, Failure, print};
use crate::recording;
use crate::replay::{self, Rules};
use crate::text::{self, grouped};
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::path::PathBuf;

const HELP: &str = "\
Replays a trace through one heap, and fails if it needs more than it may.

usage: cargo brkalloc check app.brt --max-peak SIZE [--config CONFIG]

  --max-peak SIZE    as in 2.9MiB: what the heap may need at most
  --config CONFIG    the heap, as `policy order index` in the table of
                     `cargo brkalloc replay`; \"first_fit\" if not given
  --help             this text

The exit code is 1 if the heap needs more.";

/// Runs the command.
///
/// # Errors
///
/// The command line is wrong, or the trace cannot be read or replayed.
pub fn run(mut arguments: Parser) -> Result<Code, Failure> {
    let (mut traces, mut most, mut config) = (Vec::new(), None, "first_fit".to_owned());
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => {
                print(&format!("{HELP}\n"))?;
                return Ok(Code::Success);
            }
            Long("max-peak") => {
                let given = word(&mut arguments)?;
                let size = text::size(&given).filter(|size| 0 < *size);
                most = Some(size.ok_or_else(|| {
                    Failure::usage(format_args!("--max-peak {given}: write a size, as in 2.9MiB"))
                })?);
            }
            Long("config") => config = word(&mut arguments)?,
            Value(trace) => traces.push(PathBuf::from(trace)),
            other => return Err(other.unexpected().into()),
        }
    }
    let trace = one_trace(traces, "check")?;
    let most = most.ok_or_else(|| Failure::usage("no --max-peak; write one, as in 2.9MiB"))?;
    let cell = replay::named(&config)?;
    let recording = recording::load(&trace)?;
    let rules = Rules { rounds: 0, budget: core::time::Duration::MAX, ..Rules::of(&recording) };
    let figures = replay::play(&recording, &[cell], rules).map_err(Failure::program)?;
    let peak = figures[0].peak;
    let name = cell.name();
    if let Some(stop) = figures[0].stopped {
        let word = stop.word();
        return Err(Failure::program(format_args!(
            "the replay on {name} did not come to its end ({word}); write another --config"
        )));
    }
    let said = format!(
        "{}: {name} needs {} bytes at its peak",
        text::shortened(&recording.name, 40),
        grouped(peak)
    );
    if peak <= most {
        print(&format!("{said}, {} less than it may\n", grouped(most - peak)))?;
        return Ok(Code::Success);
    }
    let over = replay::percent_over(peak, most);
    Err(Failure::new(
        Code::Check,
        format_args!(
            "{said}, {} more than {} ({over:.2} %); raise --max-peak, or see `cargo brkalloc map`",
            grouped(peak - most),
            grouped(most)
        ),
    ))
}
