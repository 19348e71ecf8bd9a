//! A lock is one word of three states, and the kernel is asked only when somebody waits.
//!
//! ```text
//!                lock                    lock, by a second thread
//!        FREE ---------> HELD ------------------------------------> AWAITED
//!         ^               |                                            |
//!         |    unlock     |              unlock, and wake one          |
//!         +---------------+--------------------------------------------+
//! ```
//!
//! The algorithm is the second mutex of Ulrich Drepper, *Futexes Are Tricky* (2011): whoever has
//! slept takes the lock as `AWAITED`, because others may still sleep, and so an unlock wakes once
//! too often rather than never. A short spin before the first sleep spares the kernel where the
//! holder is about to finish on another core. The futex is private to the process; the child of a
//! fork has its own, in the state that the parent's had, and no sleepers, so that an unlock there
//! wakes nobody and is right.
//!
//! While the process has one thread, the same states are read and written by plain operations,
//! which is half of the time of an allocation. The answer may change while the lock is held, by a
//! thread that is started or joined there: each of lock and unlock asks anew, and both leave the
//! state as the other expects it.
//!
//! This file is compiled a second time, over words and a kernel that are models, and every
//! interleaving of a few threads is tried: see `loom`. This module is not fair and does not notice a
//! thread that waits for itself.

use super::kernel::{AtomicU32, LOOKS, sleep_while, wake_one};
use super::single_threaded::is_single_threaded;
use crate::diag::errno;
use core::sync::atomic::Ordering;

const FREE: u32 = 0;
const HELD: u32 = 1;
const AWAITED: u32 = 2;

/// A lock of one word, which the kernel knows by its address while somebody waits.
#[derive(Debug)]
pub(super) struct Futex {
    state: AtomicU32,
}

impl Futex {
    pub(super) const fn new() -> Self {
        Self { state: AtomicU32::new(FREE) }
    }

    #[inline]
    pub(super) fn lock(&self) {
        if is_single_threaded() && self.state.load(Ordering::Relaxed) == FREE {
            self.state.store(HELD, Ordering::Relaxed);
        } else if !self.try_hold() {
            self.wait_and_hold();
        }
    }

    /// # Safety
    ///
    /// The caller holds the lock.
    #[inline]
    pub(super) unsafe fn unlock(&self) {
        if is_single_threaded() {
            // Nobody waits: who did would be a second thread.
            self.state.store(FREE, Ordering::Relaxed);
        } else if self.state.swap(FREE, Ordering::Release) == AWAITED {
            wake_one(&self.state);
        }
    }

    #[inline]
    fn try_hold(&self) -> bool {
        self.state.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[cold]
    fn wait_and_hold(&self) {
        for _ in 0..LOOKS {
            match self.state.load(Ordering::Relaxed) {
                FREE if self.try_hold() => return,
                // Others sleep already: this one is not about to be the next.
                AWAITED => break,
                _ => core::hint::spin_loop(),
            }
        }
        let _kept = errno::keep();
        while self.state.swap(AWAITED, Ordering::Acquire) != FREE {
            sleep_while(&self.state, AWAITED);
        }
    }
}
