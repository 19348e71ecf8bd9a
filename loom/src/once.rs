//! A flag that rises once: who raised it has the thing to itself.
//!
//! Copies of `claim_break`, of `install` and `look_up`, which swap, and of `Claim::win`, which loads and
//! stores alone, and may have no winner.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::Ordering::{Relaxed, SeqCst};
use loom::sync::atomic::{AtomicBool, AtomicUsize, fence};
use loom::thread;

/// What only one may touch: loom fails where two accesses of it are not ordered.
struct Thing<F> {
    flag: F,
    times: UnsafeCell<u32>,
}

// SAFETY: that the flag makes it so is what is tried.
unsafe impl<F: Sync> Sync for Thing<F> {}

/// Has threads, each with a number of its own, raise a flag; how many of them had the thing is one of
/// `allowed`.
fn who_raises_it_has_it<F: Send + Sync + 'static, const OTHERS: usize>(
    lowered: fn() -> F,
    raise: fn(&F, usize) -> bool,
    allowed: core::ops::RangeInclusive<u32>,
) {
    loom::model(move || {
        let thing = Arc::new(Thing { flag: lowered(), times: UnsafeCell::new(0) });
        let attempt = move |thing: &Thing<F>, number: usize| {
            if raise(&thing.flag, number) {
                thing.times.with_mut(|times| {
                    // SAFETY: nobody else has raised the flag.
                    unsafe { *times += 1 };
                });
            }
        };
        let others = core::array::from_fn::<_, OTHERS, _>(|other| {
            let thing = Arc::clone(&thing);
            thread::spawn(move || attempt(&thing, other + 1))
        });
        attempt(&thing, OTHERS + 1);
        others.into_iter().for_each(|other| other.join().expect("it ends"));
        thing.times.with(|times| {
            // SAFETY: there is no other thread.
            let times = unsafe { *times };
            assert!(allowed.contains(&times), "{times} had it");
        });
        // Whoever comes later comes too late.
        assert!(!raise(&thing.flag, OTHERS + 2));
    });
}

#[test]
fn one_of_those_that_swap_has_it() {
    let raise = |flag: &AtomicBool, _| !flag.swap(true, Relaxed);
    who_raises_it_has_it::<_, 2>(|| AtomicBool::new(false), raise, 1..=1);
}

/// A copy of `Claim`; loom has no addresses of its own, so each thread signs with a number.
struct Claim {
    last: AtomicUsize,
    taken: AtomicBool,
}

impl Claim {
    fn new() -> Self {
        Self { last: AtomicUsize::new(0), taken: AtomicBool::new(false) }
    }

    fn win(&self, me: usize) -> bool {
        self.last.store(me, Relaxed);
        fence(SeqCst);
        if self.taken.load(Relaxed) {
            return false;
        }
        self.taken.store(true, Relaxed);
        fence(SeqCst);
        self.last.load(Relaxed) == me
    }
}

#[test]
fn at_most_one_of_those_that_sign_has_it() {
    who_raises_it_has_it::<_, 2>(Claim::new, Claim::win, 0..=1);
}

#[test]
fn one_that_signs_alone_has_it() {
    who_raises_it_has_it::<_, 0>(Claim::new, Claim::win, 1..=1);
}
