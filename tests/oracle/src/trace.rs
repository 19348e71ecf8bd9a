//! The recorded traces of the repository.

pub use brkalloc_trace::{Event, peak_live, read};

/// The C compiler over a small program.
pub const CC1: &[u8] = include_bytes!("../../traces/cc1.trace");
/// `git log -p --stat` over a repository.
pub const GIT_LOG: &[u8] = include_bytes!("../../traces/git-log.trace");
