//! A lock that locks nothing, for a heap that only one thread uses, as its user promises.
//!
//! It still detects the one mistake that a single thread can make: entering the heap again from
//! within one of its own operations (a walk over the chunks whose closure allocates). Then it ends
//! the process rather than let the heap be borrowed twice. That costs a plain load and a plain
//! store. This module does not notice a second thread.

use super::Lock;
use crate::diag::report;
use core::sync::atomic::{AtomicBool, Ordering};

/// A lock that locks nothing between threads.
#[derive(Debug)]
pub struct Unlocked {
    /// Atomic so that the flag itself is sound to share; it orders nothing.
    entered: AtomicBool,
}

impl Unlocked {
    /// Returns a lock that nobody has entered.
    ///
    /// # Safety
    ///
    /// The value, and every other made by the same constant, is the lock of a heap that no two
    /// threads use, unless something else orders all uses of one before all uses of the other:
    /// there is one thread, or only one that allocates and frees, interrupt and signal handlers
    /// included. Only this promise makes the heap [`Sync`].
    #[must_use]
    pub const unsafe fn new() -> Self {
        Self { entered: AtomicBool::new(false) }
    }
}

// SAFETY: the caller of `new` promised that there is no second thread to exclude, nor any writes of
// another thread to make visible. The same thread's second `lock` does not return.
unsafe impl Lock for Unlocked {
    type Link = ();
    const OPTION: &'static str = "unsafe(lock = \"none\")";

    #[inline]
    unsafe fn lock(&self) {
        if self.entered.load(Ordering::Relaxed) {
            entered_again();
        }
        self.entered.store(true, Ordering::Relaxed);
    }

    #[inline]
    unsafe fn unlock(&self) {
        self.entered.store(false, Ordering::Relaxed);
    }

    #[inline(always)]
    unsafe fn enter(&self) {
        if !TRAPS {
            // SAFETY: the caller guarantees it.
            return unsafe { self.lock() };
        }
        if self.entered.load(Ordering::Relaxed) {
            entered_again();
        }
    }

    #[inline(always)]
    unsafe fn leave(&self) {
        if !TRAPS {
            // SAFETY: the caller has entered, and so holds the lock.
            unsafe { self.unlock() };
        }
    }
}

/// Whether the crate's own code never comes to the user's: where a broken heap ends by a trap, and not by a
/// panic, whose handler may allocate. Then nothing can enter again before that code leaves. (The host must
/// not call an instance that has trapped.)
const TRAPS: bool = cfg!(all(target_arch = "wasm32", not(unix), not(debug_assertions)));

#[cold]
#[inline(never)]
fn entered_again() -> ! {
    report::fatal("a heap with lock = \"none\"", &["entered again while in use"])
}
