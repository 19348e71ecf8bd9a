//! What every room may use: the last line of a broken heap, checksums, and words to sanitizers.
//!
//! ```text
//!   report   one line on standard error, then abort; assertions that do not panic
//!   checksum checksums that only this process can make
//!   sanitizer calls of valgrind and AddressSanitizer
//!   errno    errno as it was
//! ```
//!
//! The lowest room: of a heap it knows only what [`Named`](report::Named) tells.

pub(crate) mod checksum;
#[cfg(unix)]
pub(crate) mod errno;
pub(crate) mod report;
pub(crate) mod sanitizer;
