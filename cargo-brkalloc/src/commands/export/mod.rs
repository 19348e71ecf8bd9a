//! `cargo brkalloc export`: a trace for the viewers of others.
//!
//! ```text
//!  perfetto   JSON of Chrome's tracing: counters over the events         ui.perfetto.dev
//!  firefox    Firefox Profiler's processed profile: memory and requests  profiler.firefox.com
//!  dhat       DHAT's JSON, version 2: a point for each class of sizes    dh_view.html of valgrind
//!  collapsed  a line for each thread and class of sizes, bytes at the peak   speedscope, flamegraph.pl
//! ```
//!
//! A trace has no clock and no call stacks. So time is the number of events, and where a viewer shows the
//! site of an allocation, these show its size.

mod collapsed;
mod dhat;
mod firefox;
mod perfetto;
mod walk;

use crate::command::{Code, Failure, note, print};
use crate::output;
use crate::traces;
use brkalloc_trace::Trace;
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::io;
use std::path::PathBuf;

const HELP: &str = "\
Writes a trace in the format of another viewer.

usage: cargo brkalloc export app.brt --to FORMAT [-o FILE]

  --to FORMAT          perfetto   counters over the events, for ui.perfetto.dev
                       firefox    memory and requests over the events, for
                                  profiler.firefox.com
                       dhat       sizes and lifetimes, for valgrind's dh_view
                       collapsed  bytes at the peak by thread and size, for
                                  flame graphs such as speedscope
  -o, --output FILE    app.FORMAT.json if not given, app.collapsed.txt
  --help               this text";

type Write = fn(&str, &Trace, &mut dyn io::Write) -> io::Result<()>;

/// The formats, by name: what writes one, and the extension of its file.
const FORMATS: [(&str, Write, &str); 4] = [
    ("perfetto", perfetto::write, "json"),
    ("firefox", firefox::write, "json"),
    ("dhat", dhat::write, "json"),
    ("collapsed", collapsed::write, "txt"),
];

/// Runs the command.
///
/// # Errors
///
/// The command line is wrong, or a file cannot be read or written.
pub fn run(mut arguments: Parser) -> Result<Code, Failure> {
    let (mut file, mut to, mut into) = (None, None, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => {
                print(&format!("{HELP}\n"))?;
                return Ok(Code::Success);
            }
            Long("to") => to = Some(arguments.value()?),
            Long("output") | Short('o') => into = Some(PathBuf::from(arguments.value()?)),
            Value(value) if file.is_none() => file = Some(PathBuf::from(value)),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| Failure::usage("no trace; write `export app.brt --to dhat`"))?;
    let to =
        to.ok_or_else(|| Failure::usage("no format; write `--to perfetto`, or see `--help`"))?;
    let to = to.to_string_lossy();
    let format = FORMATS.iter().find(|(name, ..)| *name == to);
    let (_, write, extension) = format.ok_or_else(|| {
        Failure::usage(format_args!(
            "--to {to}: write `perfetto`, `firefox`, `dhat` or `collapsed`"
        ))
    })?;
    let trace = traces::load(&file)?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let into = into.unwrap_or_else(|| file.with_extension(format!("{to}.{extension}")));
    output::replace(&into, |out| write(&name, &trace, out))?;
    note(format_args!("{} is written", into.display()));
    Ok(Code::Success)
}
