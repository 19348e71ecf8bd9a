//! `cargo brkalloc import`: a recording of another tool becomes a trace.
//!
//! ```text
//!  rep       malloc labs     a ID SIZE | r ID SIZE | f ID         behind a header of four numbers
//!  mtrace    glibc           @ CALLER + ADDRESS SIZE | - ADDRESS | < ADDRESS, then > ADDRESS SIZE | ! …
//! ```
//!
//! Neither has threads or alignments. A free of a block that the file does not know is left out, and
//! a line says how many there were.

use crate::command::{Code, Failure, note, print};
use crate::output;
use crate::text::grouped;
use brkalloc_trace::{ALIGNMENT, Event, Run, Trace};
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

const HELP: &str = "\
Makes a trace of another tool's recording.

usage: cargo brkalloc import FILE --from FORMAT [-o app.brt]

  --from FORMAT        rep      of malloc labs: a ID SIZE, r ID SIZE, f ID
                       mtrace   of glibc's mtrace(3)
  -o, --output FILE    the trace; FILE with the extension brt if not given
  --help               this text";

/// Runs the command.
///
/// # Errors
///
/// The command line is wrong, or a file cannot be read or written.
pub fn run(mut arguments: Parser) -> Result<Code, Failure> {
    let (mut file, mut from, mut into) = (None, None, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => {
                print(&format!("{HELP}\n"))?;
                return Ok(Code::Success);
            }
            Long("from") => from = Some(arguments.value()?),
            Long("output") | Short('o') => into = Some(PathBuf::from(arguments.value()?)),
            Value(value) if file.is_none() => file = Some(PathBuf::from(value)),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| Failure::usage("no file; write `import FILE --from rep`"))?;
    let from = from.ok_or_else(|| Failure::usage("no format; write `--from rep` or `mtrace`"))?;
    let read = match from.to_str() {
        Some("rep") => Import::rep,
        Some("mtrace") => Import::mtrace,
        _ => {
            let from = from.to_string_lossy();
            return Err(Failure::usage(format_args!("--from {from}: write `rep` or `mtrace`")));
        }
    };
    let shown = file.display();
    let text = fs::read(&file)
        .map_err(|error| Failure::file(format_args!("{shown}: {error}; write its path")))?;
    let mut import = Import::default();
    for (number, line) in (1..).zip(String::from_utf8_lossy(&text).lines()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        read(&mut import, &words).ok_or_else(|| {
            let from = from.to_string_lossy();
            Failure::file(format_args!(
                "{shown}, line {number}: not a line of {from}; name the format that it has"
            ))
        })?;
    }
    let Import { mut trace, unknown, .. } = import;
    if trace.events.is_empty() {
        return Err(Failure::file(format_args!("{shown}: no events; record a longer run")));
    }
    trace.runs.push(Run { first: 0, thread: 0 });
    if 0 < unknown {
        note(format_args!("{shown}: {unknown} frees of blocks that it does not know are left out"));
    }
    let into = into.unwrap_or_else(|| file.with_extension("brt"));
    output::replace(&into, |out| trace.write(out).map(drop))?;
    note(format_args!("{}: {} events", into.display(), grouped(trace.events.len())));
    Ok(Code::Success)
}

/// The trace so far.
#[derive(Default)]
struct Import {
    trace: Trace,
    born: usize,
    /// The live block of each address or number.
    live: HashMap<u64, usize>,
    /// The block that a reallocation has taken away, of mtrace.
    moving: Option<usize>,
    unknown: usize,
}

impl Import {
    /// Reads a line of a malloc lab; `None` if it is none.
    fn rep(&mut self, words: &[&str]) -> Option<()> {
        match *words {
            ["a", number, size] => self.allocate(number.parse().ok()?, size.parse().ok()?)?,
            ["r", number, size] => {
                let number = number.parse().ok()?;
                let before = self.live.remove(&number);
                self.reallocate(before, number, size.parse().ok()?)?;
            }
            // A free of no block is one of a null pointer.
            ["f", "-1"] => {}
            ["f", number] => self.free(number.parse().ok()?),
            // The header.
            [] | [_] if words.iter().all(|word| word.parse::<u64>().is_ok()) => {}
            _ => return None,
        }
        Some(())
    }

    /// Reads a line of mtrace; `None` if it is none.
    fn mtrace(&mut self, words: &[&str]) -> Option<()> {
        let words = match words {
            ["@", _, rest @ ..] => rest,
            all => all,
        };
        match *words {
            ["+", address, size] => self.allocate(hexadecimal(address)?, small(size)?)?,
            ["-", address] => self.free(hexadecimal(address)?),
            ["<", address] => self.moving = self.live.remove(&hexadecimal(address)?),
            [">", address, size] => {
                let before = self.moving.take();
                self.reallocate(before, hexadecimal(address)?, small(size)?)?;
            }
            // A reallocation that failed: the block stays.
            ["!", address, _] => {
                if let Some(birth) = self.moving.take() {
                    self.live.insert(hexadecimal(address)?, birth);
                }
            }
            [] | ["=", ..] => {}
            _ => return None,
        }
        Some(())
    }

    fn allocate(&mut self, name: u64, size: usize) -> Option<()> {
        // A block whose end the file leaves out.
        if self.live.contains_key(&name) {
            self.free(name);
        }
        self.birth(name, size, Event::Allocate { size, align: ALIGNMENT })
    }

    fn reallocate(&mut self, before: Option<usize>, name: u64, size: usize) -> Option<()> {
        match before {
            Some(birth) => self.birth(name, size, Event::Reallocate { birth, size }),
            None => self.allocate(name, size),
        }
    }

    fn birth(&mut self, name: u64, size: usize, event: Event) -> Option<()> {
        // What no layout can hold is no size.
        core::alloc::Layout::from_size_align(size, ALIGNMENT).ok()?;
        self.trace.events.push(event);
        self.live.insert(name, self.born);
        self.born += 1;
        Some(())
    }

    fn free(&mut self, name: u64) {
        match self.live.remove(&name) {
            Some(birth) => self.trace.events.push(Event::Free { birth }),
            None => self.unknown += 1,
        }
    }
}

fn hexadecimal(word: &str) -> Option<u64> {
    u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}

fn small(word: &str) -> Option<usize> {
    // glibc writes 0 without its 0x.
    let number = if word == "0" { 0 } else { hexadecimal(word)? };
    usize::try_from(number).ok()
}
