//! A claim that one caller wins, even on targets without compare-and-swap.
//!
//! With compare-and-swap, the caller that raises the flag wins. Without:
//!
//! ```text
//!   last ← me;  taken? ─ yes ─► lost
//!               │ no
//!               taken ← true;  last = me? ─ no ─► lost
//!                              │ yes
//!                              won
//! ```
//!
//! This is the splitter of Lamport's fast mutex (1987; Moir and Anderson 1995). Each caller signs
//! with an address on its own stack, which no other caller has meanwhile: such small processors
//! have one core, or stacks in memory that their cores share. Of callers that meet, the one that
//! signs last may find the claim taken, and the one before it another's signature: then both lose.
//! A caller that comes alone, and first, wins. A heap claims under its lock, so it comes alone. Two
//! heaps made by hand over one array may both get nothing, but never both get it.

use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::Relaxed;
#[cfg(any(test, not(target_has_atomic = "8")))]
use core::sync::atomic::{AtomicUsize, Ordering::SeqCst, fence};

/// A claim that at most one caller gets, once.
#[derive(Debug)]
pub struct Claim {
    taken: AtomicBool,
    #[cfg(any(test, not(target_has_atomic = "8")))]
    last: AtomicUsize,
}

impl Default for Claim {
    fn default() -> Self {
        Self::new()
    }
}

impl Claim {
    /// Returns a claim that nobody has won.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            taken: AtomicBool::new(false),
            #[cfg(any(test, not(target_has_atomic = "8")))]
            last: AtomicUsize::new(0),
        }
    }

    /// Whether this call wins.
    pub(super) fn win(&self) -> bool {
        #[cfg(target_has_atomic = "8")]
        return !self.taken.swap(true, Relaxed);
        #[cfg(not(target_has_atomic = "8"))]
        self.sign()
    }

    /// Whether this call wins, by loads and stores only.
    #[cfg(any(test, not(target_has_atomic = "8")))]
    fn sign(&self) -> bool {
        let place = 0_u8;
        let me = (&raw const place).addr();
        self.last.store(me, Relaxed);
        // A caller that signs after another's second fence sees that the claim is taken; one that
        // signed before it is seen by that other caller.
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
        for way in [Claim::win, Claim::sign] {
            let claim = Claim::new();
            assert!(way(&claim));
            assert!(!way(&claim));
        }
    }

    /// How many of four threads that meet win, in 200 rounds.
    fn winners(way: fn(&Claim) -> bool) -> impl Iterator<Item = usize> {
        (0..200).map(move |_| {
            let (claim, start) = (Claim::new(), Barrier::new(4));
            let contend = || {
                start.wait();
                usize::from(way(&claim))
            };
            thread::scope(|scope| {
                let contenders = [(); 4].map(|()| scope.spawn(contend));
                contenders.into_iter().map(|it| it.join().expect("it does not panic")).sum()
            })
        })
    }

    #[test]
    fn of_threads_that_meet_one_wins() {
        assert!(winners(Claim::win).all(|count| count == 1));
    }

    #[test]
    fn of_threads_that_meet_and_sign_at_most_one_wins() {
        assert!(winners(Claim::sign).all(|count| count <= 1));
    }
}
