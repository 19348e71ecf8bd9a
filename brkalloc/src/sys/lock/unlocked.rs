//! A lock that locks nothing, for a heap that only one thread uses, by somebody's word.
//!
//! It still notices the one thing that a single thread can do wrong, which is to enter the heap
//! again from within one of its own operations (a walk over the chunks whose closure allocates),
//! and ends the process rather than let the heap be borrowed twice. That costs a plain load and a
//! plain store. This module does not notice a second thread.

use super::Lock;
use crate::diag::report;
use core::sync::atomic::{AtomicBool, Ordering};

/// A lock that locks nothing between threads.
#[derive(Debug)]
pub struct Unlocked {
    /// Atomic so that the flag itself is sound to share; nothing is ever ordered by it.
    entered: AtomicBool,
}

impl Unlocked {
    /// A lock that nobody has entered.
    ///
    /// # Safety
    ///
    /// The value, and every other made by the same constant, is the lock of a heap that no two
    /// threads use without something else ordering all of one's uses before all of the other's:
    /// there is one thread, or only one that allocates and frees, interrupt and signal handlers
    /// included. This promise is all that makes the heap [`Sync`].
    #[must_use]
    pub const unsafe fn new() -> Self {
        Self { entered: AtomicBool::new(false) }
    }
}

// SAFETY: whoever called `new` promised that there is no second thread to exclude, and nothing of
// another thread's to be made visible. The same thread's second `lock` does not return.
unsafe impl Lock for Unlocked {
    type Link = ();
    const OPTION: &'static str = "unsafe(lock = \"none\")";

    #[inline]
    fn lock(&self) {
        if self.entered.load(Ordering::Relaxed) {
            entered_again();
        }
        self.entered.store(true, Ordering::Relaxed);
    }

    #[inline]
    unsafe fn unlock(&self) {
        self.entered.store(false, Ordering::Relaxed);
    }
}

#[cold]
#[inline(never)]
fn entered_again() -> ! {
    report::fatal("a heap with lock = \"none\"", format_args!("entered again while in use"))
}
