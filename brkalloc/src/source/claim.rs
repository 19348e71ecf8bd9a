//! A claim that one caller wins, on targets without compare-and-swap, too.
//!
//! ```text
//!   last ← me;  taken? ─ yes ─► lost
//!               │ no
//!               taken ← true;  last = me? ─ no ─► lost
//!                              │ yes
//!                              won
//! ```
//!
//! The splitter of Lamport's fast mutex (1987; Moir and Anderson 1995). Each caller signs with an
//! address on its own stack, which no other caller has meanwhile. Of callers that meet, the one that
//! signs last may find the claim taken and the one before it another's signature: then both lose.
//! Whoever comes alone, and first, wins. A heap asks under its lock, so it comes alone; two heaps that
//! were made by hand over one array may both get nothing, and never both get it.

use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::sync::atomic::{AtomicBool, AtomicUsize, fence};

/// Something that at most one caller gets, once.
#[derive(Debug)]
pub(super) struct Claim {
    last: AtomicUsize,
    taken: AtomicBool,
}

impl Claim {
    /// A claim that nobody has won.
    pub(super) const fn new() -> Self {
        Self { last: AtomicUsize::new(0), taken: AtomicBool::new(false) }
    }

    /// Whether this call wins.
    pub(super) fn win(&self) -> bool {
        let place = 0_u8;
        let me = (&raw const place).addr();
        self.last.store(me, Relaxed);
        // Whoever signs later than another's second fence sees that the claim is taken; whoever signed
        // earlier is seen by that other one.
        fence(SeqCst);
        if self.taken.load(Relaxed) {
            return false;
        }
        self.taken.store(true, Relaxed);
        fence(SeqCst);
        self.last.load(Relaxed) == me
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::thread;

    #[test]
    fn a_claim_is_won_by_the_first_who_comes_alone_and_by_nobody_later() {
        let claim = Claim::new();
        assert!(claim.win());
        assert!(!claim.win());
    }

    #[test]
    fn of_threads_that_meet_at_most_one_wins() {
        for _ in 0..200 {
            let (claim, start) = (Claim::new(), Barrier::new(4));
            let contend = || {
                start.wait();
                claim.win()
            };
            let winners = thread::scope(|scope| {
                let contenders = [(); 4].map(|()| scope.spawn(contend));
                contenders.map(|thread| usize::from(thread.join().expect("it does not panic")))
            });
            assert!(winners.iter().sum::<usize>() <= 1, "{winners:?}");
        }
    }
}
