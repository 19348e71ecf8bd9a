//! The readers of other tools' recordings: whatever a file says, nothing panics, no line makes more than
//! two events, each event names what lives, and the trace reads back the same when it is written.
//!
//! ```text
//!  first byte   the rest
//!  n            lines of the format n mod 5, in the order of `Format::NAMES`
//! ```

use crate::trace::check;
use brkalloc_trace::Trace;
use formats::{Format, Import};

// The tool's own module: the tool itself would bring a heap for each attribute.
#[path = "../../cargo-brkalloc/src/formats.rs"]
mod formats;

/// What to fuzz: hands the lines to the reader of a format.
pub fn run(bytes: &[u8]) {
    let Some((form, rest)) = bytes.split_first() else { return };
    let name = Format::NAMES[usize::from(*form) % Format::NAMES.len()];
    let format = Format::named(name).expect("every name is one of a format");
    let mut import = Import::default();
    let text = String::from_utf8_lossy(rest);
    let lines = text.lines().map(|line| import.line(format, line));
    let read = lines.take_while(Option::is_some).count();
    let Import { trace, .. } = import;
    // The line that was refused may have left an event.
    assert!(trace.events.len() <= 2 * (read + 1), "{} events of {read} lines", trace.events.len());
    if trace.events.is_empty() {
        return;
    }
    check(&trace);
    let written = trace.write(Vec::new()).expect("memory can be written");
    assert_eq!(Trace::read(&written), Ok((trace, None)));
}
