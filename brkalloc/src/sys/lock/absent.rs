//! A stand-in for a lock that the target lacks: taking it ends the program.
//!
//! The attribute's expansion names these types, and reports in one error of its own that the target
//! lacks them ([`target`](crate::heap::target)). Without any type, each use would be another error.

use super::Lock;
use crate::diag::report;

/// A lock that this target lacks.
#[derive(Debug, Default)]
pub struct Absent(());

impl Absent {
    /// Returns a lock that nobody ever gets.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

// SAFETY: no call of `lock` returns.
unsafe impl Lock for Absent {
    type Link = ();
    const OPTION: &'static str = "lock = \"os\"";

    unsafe fn lock(&self) {
        report::fatal("a heap", &["this target has no such lock"])
    }

    unsafe fn unlock(&self) {}
}
