//! `cargo brkalloc import`: a recording of another tool becomes a trace.
//!
//! `formats.rs` draws the lines of each. A free of a block that the file does not know is left out, and
//! a line says how many there were.

use crate::command::{Code, Failure, note, print};
use crate::formats::{Format, Import};
use crate::output;
use crate::text::grouped;
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::fs;
use std::path::PathBuf;

const HELP: &str = "\
Makes a trace of another tool's recording.

usage: cargo brkalloc import FILE --from FORMAT [-o app.brt]

  --from FORMAT        rep      of malloc labs: a ID SIZE, r ID SIZE, f ID
                       mtrace   of glibc's mtrace(3)
                       android  of bionic's malloc_debug
                       logalloc of Firefox's allocation log
                       heaptrack, best of `heaptrack --raw`
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
    let from =
        from.ok_or_else(|| Failure::usage("no format; write `--from rep`, `--help` says more"))?;
    let from = from.to_string_lossy();
    let format = Format::named(&from).ok_or_else(|| {
        let names = Format::NAMES.join("`, `");
        Failure::usage(format_args!("--from {from}: write one of `{names}`"))
    })?;
    let shown = file.display();
    let text = fs::read(&file)
        .map_err(|error| Failure::file(format_args!("{shown}: {error}; write its path")))?;
    if let Some(command) = decompression(&text) {
        return Err(Failure::file(format_args!(
            "{shown}: compressed; write `{command} {shown} > FILE`, then `import FILE --from {from}`"
        )));
    }
    let mut import = Import::default();
    for (number, line) in (1..).zip(String::from_utf8_lossy(&text).lines()) {
        import.line(format, line).ok_or_else(|| {
            Failure::file(format_args!(
                "{shown}, line {number}: not a line of {from}; name the format that it has"
            ))
        })?;
    }
    let is_guessed = import.is_guessed();
    let Import { trace, unknown, .. } = import;
    if trace.events.is_empty() {
        return Err(Failure::file(format_args!("{shown}: no events; record a longer run")));
    }
    if 0 < unknown {
        note(format_args!("{shown}: {unknown} frees of blocks that it does not know are left out"));
    }
    if is_guessed {
        note(format_args!(
            "{shown}: says only the site of what is freed; the youngest block of it is taken; \
             `heaptrack --raw` is exact"
        ));
    }
    let into = into.unwrap_or_else(|| file.with_extension("brt"));
    output::replace(&into, |out| trace.write(out).map(drop))?;
    note(format_args!("{}: {} events", into.display(), grouped(trace.events.len())));
    Ok(Code::Success)
}

/// The command that makes text of a compressed file.
fn decompression(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x1f, 0x8b, ..] => Some("zcat"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstdcat"),
        _ => None,
    }
}
