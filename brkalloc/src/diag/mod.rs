//! Tools for every room: the last line of a broken heap, checksums, and sanitizer annotations.
//!
//! ```text
//!   report     one line on standard error, then abort; assertions that do not panic
//!   digits     numbers in the texts of such a line
//!   checksum   checksums that only this process can make
//!   sanitizer  calls of valgrind and AddressSanitizer
//!   errno      preserves errno
//! ```
//!
//! The lowest room: of a heap it only knows what [`Named`](report::Named) tells.

pub(crate) mod checksum;
pub(crate) mod digits;
#[cfg(any(unix, windows))]
pub(crate) mod errno;
pub(crate) mod report;
pub(crate) mod sanitizer;
