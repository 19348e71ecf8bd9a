//! `cargo brkalloc record`: a program runs, and its allocations become a trace.
//!
//! ```text
//!  the program, with the library ──► app.TOOL.PID.raw ──► converted when it has ended ──► app.brt
//!    its forks                   ──► app.TOOL.PID.raw ──►                                 app.PID.brt
//!    what it becomes by exec     ──► app.TOOL.PID.1.raw
//! ```
//!
//! What is left behind if this tool is killed are the raw files, which every command reads.

use crate::command::{Code, Failure, note, print};
use crate::text::grouped;
use crate::{library, output, program};
use brkalloc_trace::{Fault, Trace, raw};
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

const HELP: &str = "\
Runs a program and writes a trace of its allocations.

usage: cargo brkalloc record [-o app.brt] [--] PROGRAM ARGS…

  -o, --output FILE    the trace; PROGRAM.brt if not given
  --help               this text

Processes that it forks have traces of their own, app.PID.brt. Where a program
takes the place of another, as those of wrapper scripts do, app.brt is that of
the last, and the one before is app.PID.brt, or app.PID.1.brt, and so on.

The exit code is the program's own; 128 and the number of the signal, if one
ended it; 2, 3 or 4 with a line on standard error, if nothing was recorded.";

/// How many traces of other processes are named in lines of their own.
const NAMED: usize = 10;

/// Events below which a program's heap may be another than C's. The C library and the start of a Rust
/// program make a few dozen.
const FEW: usize = 1000;

/// Runs the command.
///
/// # Errors
///
/// The command line is wrong, the program cannot be run or recorded, or a file cannot be written.
pub fn run(mut arguments: Parser) -> Result<Code, Failure> {
    let mut file = None;
    let name = loop {
        match arguments.next()? {
            Some(Long("help") | Short('h')) => {
                print(&format!("{HELP}\n"))?;
                return Ok(Code::Success);
            }
            Some(Long("output") | Short('o')) => file = Some(PathBuf::from(arguments.value()?)),
            Some(Value(name)) => break PathBuf::from(name),
            Some(other) => return Err(other.unexpected().into()),
            None => {
                return Err(Failure::usage(
                    "no program; write `cargo brkalloc record -- PROGRAM ARGS…`",
                ));
            }
        }
    };
    let rest: Vec<OsString> = arguments.raw_args()?.collect();
    let found = program::find(&name);
    let found = found.ok_or_else(|| {
        Failure::program(format_args!("{}: no such program; write its path", name.display()))
    })?;
    if let Some(obstacle) = program::obstacle(&found) {
        let name = name.display();
        return Err(Failure::program(format_args!(
            "{name}: nothing would be recorded: {obstacle}"
        )));
    }
    let file = file.unwrap_or_else(|| {
        PathBuf::from(name.file_name().unwrap_or(OsStr::new("program"))).with_extension("brt")
    });
    output::probe(&file)?;
    let library = library::path()?;
    let place = Place::new(file)?;
    let (process, status) = run_program(&name, &rest, &library, &place)?;
    let own = place.convert(process)?;
    let end = end(status);
    let shown = name.display();
    let why = match own {
        Own::Recorded(events) => {
            if let Some(end) = end {
                note(format_args!("{shown} {end}; its recording is kept"));
            }
            if events < FEW && program::has_heap_of_ours(&found) {
                note(format_args!(
                    "{shown}: only {events} events through malloc, and there is a heap of \
                     brkalloc in it; if that serves it, write `record = \"PATH\"` in its attribute"
                ));
            }
            return Ok(Code::Recorded(number(status)));
        }
        Own::Empty => {
            "it allocated nothing; a heap of brkalloc records by its attribute: `record = \"PATH\"`"
        }
        Own::Missing => "the loader did not take the library into it; link it dynamically",
    };
    let end = end.map_or(String::new(), |end| format!(" (it {end})"));
    Err(Failure::program(format_args!("{shown}: nothing was recorded{end}: {why}")))
}

/// Runs the program to its end; its number, and how it ended.
fn run_program(
    name: &Path,
    rest: &[OsString],
    library: &Path,
    place: &Place,
) -> Result<(u32, ExitStatus), Failure> {
    let mut preload = library.as_os_str().to_owned();
    if let Some(others) = std::env::var_os("LD_PRELOAD").filter(|others| !others.is_empty()) {
        preload.push(":");
        preload.push(others);
    }
    let mut command = Command::new(name);
    command.args(rest).env("LD_PRELOAD", preload).env("BRKALLOC_RECORD", &place.base);
    let cannot = |error: io::Error| {
        let name = name.display();
        Failure::program(format_args!("{name}: {error}; write the path of a program that runs"))
    };
    let mut child: Child = command.spawn().map_err(cannot)?;
    for signal in [libc::SIGINT, libc::SIGQUIT] {
        // A signal from the terminal is for the program; what it has done is converted afterwards.
        // SAFETY: to ignore a signal installs no handler.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    let status = child.wait().map_err(cannot)?;
    Ok((child.id(), status))
}

/// How a program ended that did not succeed.
fn end(status: ExitStatus) -> Option<String> {
    match status.signal() {
        Some(signal) => Some(format!("was killed by signal {signal}")),
        None if status.success() => None,
        None => Some(format!("ended with exit code {}", number(status))),
    }
}

/// The exit code, as a shell counts it.
fn number(status: ExitStatus) -> u8 {
    let number = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// What there is of the process that was run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    Missing,
    /// A file without an event.
    Empty,
    /// So many events.
    Recorded(usize),
}

/// Where traces and raw recordings go.
struct Place {
    /// The trace of the program.
    file: PathBuf,
    /// The folder of all files.
    folder: PathBuf,
    /// How the names of the raw recordings begin: with their folder.
    base: PathBuf,
    /// Whether the trace goes to a device or a pipe.
    is_device: bool,
}

/// A raw recording: the process, and how many programs were there before in the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Process {
    number: u32,
    programs: u32,
}

impl Place {
    fn new(file: PathBuf) -> Result<Self, Failure> {
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // A device has no room beside it.
        let is_device = fs::metadata(&file).is_ok_and(|there| !there.is_file());
        let folder = if is_device { std::env::temp_dir() } else { folder.to_owned() };
        let folder = fs::canonicalize(&folder).map_err(|error| {
            Failure::file(format_args!("{}: {error}; choose another with `-o`", folder.display()))
        })?;
        let mut name = stem(&file);
        name.push(format!(".{}", std::process::id()));
        let base = folder.join(name);
        Ok(Self { file, folder, base, is_device })
    }

    /// Converts every recording. Returns what there is of the process that was run.
    ///
    /// The last program of that process is the one that was meant: a wrapper script gives its place
    /// to the program that it is for.
    fn convert(&self, process: u32) -> Result<Own, Failure> {
        let (mut programs, processes): (Vec<_>, Vec<_>) =
            self.recordings().into_iter().partition(|(found, _)| found.number == process);
        let mut own = if programs.is_empty() { Own::Missing } else { Own::Empty };
        let mut others = Vec::new();
        programs.reverse();
        for (found, recording) in programs.into_iter().chain(processes) {
            if found.number != process && is_running(found.number) {
                let path = recording.display();
                note(format_args!("process {} still runs; {path} grows", found.number));
                continue;
            }
            let is_own = found.number == process && !matches!(own, Own::Recorded(_));
            let file = if is_own { self.file.clone() } else { self.file_of(found) };
            let Some(events) = convert(&recording, &file)? else { continue };
            let line = format!("{}: {} events", file.display(), grouped(events));
            if is_own {
                own = Own::Recorded(events);
                note(line);
            } else {
                others.push(line);
            }
        }
        others.iter().take(NAMED).for_each(note);
        if NAMED < others.len() {
            note(format_args!("… and {} more traces of other processes", others.len() - NAMED));
        }
        Ok(own)
    }

    /// Every raw recording of this run, sorted by process.
    fn recordings(&self) -> Vec<(Process, PathBuf)> {
        let mut begin = self.base.file_name().unwrap_or_default().to_owned();
        begin.push(".");
        let begin = begin.into_encoded_bytes();
        let process = |name: &OsStr| {
            let rest = name.as_encoded_bytes().strip_prefix(&*begin)?.strip_suffix(b".raw")?;
            let mut numbers =
                core::str::from_utf8(rest).ok()?.split('.').map(|part| part.parse().ok());
            let (number, programs) = (numbers.next()??, numbers.next().unwrap_or(Some(0))?);
            Some(Process { number, programs })
        };
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let found = entries.filter_map(|entry| Some((process(&entry.file_name())?, entry.path())));
        let mut found: Vec<_> = found.collect();
        found.sort();
        found
    }

    /// The trace of another process than the first.
    fn file_of(&self, process: Process) -> PathBuf {
        let mut name = stem(&self.file);
        name.push(format!(".{}", process.number));
        if 0 < process.programs {
            name.push(format!(".{}", process.programs));
        }
        name.push(".brt");
        if self.is_device { self.folder.join(name) } else { self.file.with_file_name(name) }
    }
}

/// The name of a trace without `.brt`.
fn stem(file: &Path) -> OsString {
    let is_trace = file.extension().is_some_and(|extension| extension == "brt");
    let name = if is_trace { file.file_stem() } else { file.file_name() };
    name.unwrap_or_default().to_owned()
}

fn is_running(process: u32) -> bool {
    let Ok(process) = libc::pid_t::try_from(process) else { return false };
    // SAFETY: signal 0 is never sent; the system only looks for the process.
    unsafe { libc::kill(process, 0) == 0 }
}

/// Turns a raw recording into a trace, and removes it; the number of events, if there are any.
fn convert(recording: &Path, file: &Path) -> Result<Option<usize>, Failure> {
    let shown = recording.display();
    let bytes = fs::read(recording)
        .map_err(|error| Failure::file(format_args!("{shown}: {error}; read it as it is later")))?;
    let converted = if bytes.is_empty() { Err(Fault::Empty) } else { raw::convert(&bytes) };
    let events = match converted {
        Ok(converted) => {
            let trace: Trace = converted.trace;
            // The raw recording stays if this fails: nothing is lost.
            output::replace(file, |out| trace.write(out).map(drop))?;
            Some(trace.events.len())
        }
        Err(Fault::Empty) => None,
        Err(fault) => return Err(Failure::file(format_args!("{shown}: {fault}"))),
    };
    // A file that cannot be removed is in nobody's way.
    let _ = fs::remove_file(recording);
    Ok(events)
}
