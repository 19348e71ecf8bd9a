//! Reading a trace from a file: the one way in for every command.

use crate::command::{Failure, note};
use brkalloc_trace::Trace;
use std::path::Path;

/// Reads the trace at `path`, or converts the raw recording there. A file that was cut short is read
/// as far as it goes, and a line says so.
///
/// # Errors
///
/// The file cannot be read, or is no trace.
pub fn load(path: &Path) -> Result<Trace, Failure> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::file(format_args!(
            "{shown}: {error}; write the path of a trace that `cargo brkalloc record` made"
        ))
    })?;
    let (trace, cut) =
        Trace::read(&bytes).map_err(|fault| Failure::file(format_args!("{shown}: {fault}")))?;
    if let Some(cut) = cut {
        note(format_args!("{shown}: {cut}"));
    }
    Ok(trace)
}
