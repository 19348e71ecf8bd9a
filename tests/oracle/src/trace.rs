//! The recorded traces of the repository.

pub use brkalloc_trace::{Event, Fault, Run, Trace, peak_live};

/// The C compiler over a small program.
pub const CC1: &[u8] = include_bytes!("../../traces/cc1.brt");
/// `git log -p --stat` over a repository.
pub const GIT_LOG: &[u8] = include_bytes!("../../traces/git-log.brt");

/// Returns the events of a trace, which may be cut short.
///
/// # Errors
///
/// The first fault, with what to do.
pub fn read(bytes: &[u8]) -> Result<Vec<Event>, Fault> {
    Trace::read(bytes).map(|(trace, _)| trace.events)
}
