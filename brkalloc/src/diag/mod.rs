//! What every room may say: the last line of a broken heap, checksums, and words to sanitizers.
//!
//! This is the lowest room. It knows of a heap only what [`Named`](report::Named) tells.

#[cfg(unix)]
pub(crate) mod errno;
pub(crate) mod report;
pub(crate) mod seal;
pub(crate) mod watch;
