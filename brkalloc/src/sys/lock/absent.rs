//! What a lock is called where the target has no such thing: taking it ends the program.
//!
//! The attribute's expansion names these types, and reports that the target lacks them as one error of
//! its own ([`target`](crate::heap::target)); with no type at all, there would be one for each use.

use super::Lock;
use crate::diag::report;

/// A lock that this target has not.
#[derive(Debug, Default)]
pub struct Absent(());

impl Absent {
    /// A lock that nobody ever gets.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

// SAFETY: no call of `lock` returns.
unsafe impl Lock for Absent {
    type Link = ();
    const OPTION: &'static str = "lock = \"os\"";

    fn lock(&self) {
        report::fatal("a heap", format_args!("this target has no such lock"))
    }

    unsafe fn unlock(&self) {}
}
