//! A flag that rises once: who raised it has the thing to itself.
//!
//! Copies of `claim_break`, of `install` and `look_up`, which swap, and of `Lent::open`, which compares.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

/// What only one may touch: loom fails where two accesses of it are not ordered.
struct Thing {
    flag: AtomicBool,
    times: UnsafeCell<u32>,
}

// SAFETY: that the flag makes it so is what is tried.
unsafe impl Sync for Thing {}

fn one_of_three_has_it(raise: fn(&AtomicBool) -> bool) {
    loom::model(move || {
        let flag = AtomicBool::new(false);
        let thing = Arc::new(Thing { flag, times: UnsafeCell::new(0) });
        let attempt = move |thing: &Thing| {
            if raise(&thing.flag) {
                thing.times.with_mut(|times| {
                    // SAFETY: nobody else has raised the flag.
                    unsafe { *times += 1 };
                });
            }
        };
        let others = [Arc::clone(&thing), Arc::clone(&thing)];
        let others = others.map(|thing| thread::spawn(move || attempt(&thing)));
        attempt(&thing);
        others.into_iter().for_each(|other| other.join().expect("it ends"));
        thing.times.with(|times| {
            // SAFETY: there is no other thread.
            assert_eq!(unsafe { *times }, 1);
        });
    });
}

#[test]
fn one_of_those_that_swap_has_it() {
    one_of_three_has_it(|flag| !flag.swap(true, Ordering::Relaxed));
}

#[test]
fn one_of_those_that_compare_has_it() {
    one_of_three_has_it(|flag| {
        flag.compare_exchange(false, true, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    });
}
