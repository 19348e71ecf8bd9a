//! A lock is one word of three states, and asks the kernel only when a thread waits.
//!
//! ```text
//!                lock                    lock, by a second thread
//!        FREE ---------> HELD ------------------------------------> AWAITED
//!         ^               |                                            |
//!         |    unlock     |              unlock, and wake one          |
//!         +---------------+--------------------------------------------+
//! ```
//!
//! The algorithm is the second mutex of Ulrich Drepper, *Futexes Are Tricky* (2011). A thread that
//! has slept takes the lock as `AWAITED`, because others may still sleep, so an unlock wakes once
//! too often rather than never. A spin before each sleep saves a call of the kernel where the holder is
//! about to finish on another core.
//!
//! A thread that spins looks ever more rarely (exponential backoff; Anderson, *The Performance of Spin
//! Lock Alternatives*, 1990). Meanwhile the holder keeps the heap in the cache of its core, and serves
//! a dozen requests of its own: each handover costs more than a request, so fewer are better.
//!
//! The futex is private to the process. The child of a fork has its own, in the parent's state and
//! without sleepers, so that an unlock there correctly wakes nobody.
//!
//! While the process is single-threaded, plain operations read and write the same states, which
//! halves the time of an allocation. The answer may change while the lock is held, because a thread
//! is started or joined. So each of lock and unlock asks anew, and both leave the state as the
//! other expects it.
//!
//! `loom` compiles this file a second time, over a model of words and kernel, and tries every
//! interleaving of a few threads. This module is not fair and does not notice a thread that waits
//! for itself.

use super::kernel::{AtomicU32, PATIENCE, PAUSES, sleep_while, wake_one};
use super::single_threaded::is_single_threaded;
use crate::diag::errno;
use core::sync::atomic::Ordering;

const FREE: u32 = 0;
const HELD: u32 = 1;
const AWAITED: u32 = 2;

/// A lock of one word, whose address the kernel knows while a thread waits.
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
        } else if !self.try_hold(HELD) {
            self.wait_and_hold();
        }
    }

    /// # Safety
    ///
    /// The caller holds the lock.
    #[inline]
    pub(super) unsafe fn unlock(&self) {
        if is_single_threaded() {
            // Nobody waits: a waiter would be a second thread.
            self.state.store(FREE, Ordering::Relaxed);
        } else if self.state.swap(FREE, Ordering::Release) == AWAITED {
            wake_one(&self.state);
        }
    }

    /// Takes the lock in this state if it is free. Returns whether it does.
    #[inline]
    fn try_hold(&self, state: u32) -> bool {
        self.state.compare_exchange(FREE, state, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[cold]
    fn wait_and_hold(&self) {
        if self.spin_and_hold(HELD) {
            return;
        }
        let _kept = errno::keep();
        while self.state.swap(AWAITED, Ordering::Acquire) != FREE {
            sleep_while(&self.state, AWAITED);
            // Meanwhile the holder gives the lock back without a call of the kernel.
            if self.spin_and_hold(AWAITED) {
                return;
            }
        }
    }

    /// Spins until it takes the lock in this state, or until it has waited long enough. Returns whether it does.
    fn spin_and_hold(&self, state: u32) -> bool {
        let (mut pauses, mut spent) = (1, 0);
        while spent < PATIENCE {
            for _ in 0..pauses {
                core::hint::spin_loop();
            }
            spent += pauses;
            pauses = PAUSES.min(2 * pauses);
            if self.state.load(Ordering::Relaxed) == FREE && self.try_hold(state) {
                return true;
            }
        }
        false
    }
}
