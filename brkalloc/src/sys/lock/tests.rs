//! Every lock against the same questions.

#[cfg(unix)]
use super::{ByPath, PathLock, pthread::Pthread};
use super::{Guarded, Lock, Noticing, OsLock, RawLock, SpinLock, Unlocked};
use crate::diag::report::Named;
use core::panic::AssertUnwindSafe;
use std::boxed::Box;
use std::panic::catch_unwind;
use std::thread;

const THREADS: usize = 4;

/// More threads than cores add to one counter that is not atomic; not one addition may be lost.
fn counts_every_addition<L: Lock>(lock: L, additions: usize) {
    let counter = Guarded::new(lock, [0_usize; 2]);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for addition in 0..additions {
                    counter.with(|[first, second]| {
                        *first += 1;
                        if addition % 1000 == 0 {
                            thread::yield_now();
                        }
                        *second += 1;
                    });
                }
            });
        }
    });
    assert_eq!(counter.with(|both| *both), [THREADS * additions; 2]);
}

/// A closure that panics leaves the lock free.
fn is_free_after_a_panic<L: Lock>(lock: L) {
    let value = Guarded::new(lock, 1);
    let outcome =
        catch_unwind(AssertUnwindSafe(|| value.with(|_| std::panic::resume_unwind(Box::new(())))));
    assert!(outcome.is_err());
    assert_eq!(value.with(|value| *value), 1);
}

#[cfg(unix)]
// SAFETY: a mutex of the C library excludes, and orders.
unsafe impl Lock for Pthread {
    const OPTION: &'static str = "";
    type Link = ();

    unsafe fn lock(&self) {
        Pthread::lock(self);
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds it.
        unsafe { Pthread::unlock(self) };
    }
}

#[test]
fn the_os_lock_excludes() {
    counts_every_addition(OsLock::new(), 100_000);
    is_free_after_a_panic(OsLock::default());
}

#[cfg(unix)]
#[test]
fn the_pthread_lock_excludes() {
    counts_every_addition(Pthread::new(), 100_000);
    is_free_after_a_panic(Pthread::new());
}

#[test]
fn the_spin_lock_excludes() {
    counts_every_addition(SpinLock::new(), 20_000);
    is_free_after_a_panic(SpinLock::default());
}

#[test]
fn a_lock_api_mutex_excludes() {
    counts_every_addition(RawLock::<spin::mutex::SpinMutex<(), spin::Spin>>::new(), 2_000);
    is_free_after_a_panic(RawLock::<spin::mutex::SpinMutex<(), spin::Spin>>::default());
}

/// A heap's name.
struct Called;

impl Named for Called {
    const NAME: &'static str = "CALLED";
    const SHOWS: bool = false;

    fn show(_: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        Ok(())
    }
}

#[test]
fn a_lock_that_notices_excludes_as_the_one_inside() {
    counts_every_addition(Noticing::<Called, _>::new(SpinLock::new()), 20_000);
    is_free_after_a_panic(Noticing::<Called, _>::new(SpinLock::new()));
    assert_eq!(<Noticing<Called, SpinLock> as Lock>::OPTION, "lock = \"spin\"");
}

#[cfg(feature = "critical-section")]
#[test]
fn a_critical_section_excludes_and_is_left_after_a_panic() {
    counts_every_addition(super::CriticalSection::new(), 20_000);
    is_free_after_a_panic(super::CriticalSection::default());
}

#[test]
fn an_unlocked_value_can_be_used_again_and_again() {
    // SAFETY: this thread alone uses the value.
    is_free_after_a_panic(unsafe { Unlocked::new() });
}

#[test]
fn locks_are_small() {
    assert_eq!(size_of::<SpinLock>(), 1);
    assert_eq!(size_of::<Unlocked>(), 1);
    #[cfg(target_os = "linux")]
    assert_eq!(size_of::<OsLock>(), 4);
}

#[test]
fn only_locks_that_threads_share_are_held_over_a_fork() {
    assert_eq!(size_of::<<Unlocked as Lock>::Link>(), 0);
    #[cfg(unix)]
    assert_ne!(size_of::<<super::DefaultLock as Lock>::Link>(), 0);
}

#[test]
fn a_thread_that_sleeps_on_the_os_lock_is_woken() {
    static LOCK: OsLock = OsLock::new();
    // SAFETY: released below; nothing is locked meanwhile.
    unsafe { LOCK.lock() };
    let sleeper = thread::spawn(|| {
        // SAFETY: released on the next line.
        unsafe { LOCK.lock() };
        // SAFETY: taken on the line above.
        unsafe { LOCK.unlock() };
    });
    thread::sleep(core::time::Duration::from_millis(50));
    // SAFETY: taken at the start.
    unsafe { LOCK.unlock() };
    sleeper.join().expect("the sleeper comes back");
}

#[cfg(unix)]
mod that_end_the_process {
    use super::*;
    use crate::diag::report::tests::last_words;
    use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

    #[test]
    fn entering_an_unlocked_value_twice() {
        // SAFETY: this thread alone uses the value, and the child of a fork its copy.
        let value = Guarded::new(unsafe { Unlocked::new() }, ());
        let words = last_words(|| value.with(|()| value.with(|()| ())));
        assert_eq!(words, "brkalloc: a heap with lock = \"none\": entered again while in use\n");
    }

    #[cfg(feature = "critical-section")]
    #[test]
    fn entering_a_critical_section_twice() {
        let value = Guarded::new(super::super::CriticalSection::new(), ());
        let words = last_words(|| value.with(|()| value.with(|()| ())));
        let expected =
            "brkalloc: a heap with lock = \"critical_section\": entered again while in use\n";
        assert_eq!(words, expected);
    }

    #[test]
    fn entering_a_value_twice_behind_a_lock_that_notices() {
        let value = Guarded::new(Noticing::<Called, _>::new(OsLock::new()), ());
        value.with(|()| ());
        let words = last_words(|| value.with(|()| value.with(|()| ())));
        let expected = "brkalloc: CALLED: entered again while in use: \
                        a policy must neither use its own heap nor panic\n";
        assert_eq!(words, expected);
    }

    /// A mutex of nothing that calls what it is told when it is locked, and when it is unlocked.
    pub(crate) struct Calls;

    static HEAP: Guarded<PathLock<Called>, ()> = Guarded::new(PathLock::new(), ());
    static AT_LOCK: AtomicBool = AtomicBool::new(false);
    static AT_UNLOCK: AtomicBool = AtomicBool::new(false);

    // SAFETY: one thread uses it.
    unsafe impl lock_api::RawMutex for Calls {
        const INIT: Self = Self;
        type GuardMarker = lock_api::GuardSend;
        fn lock(&self) {
            if AT_LOCK.load(Relaxed) {
                HEAP.with(|()| ());
            }
        }
        fn try_lock(&self) -> bool {
            false
        }
        unsafe fn unlock(&self) {
            if AT_UNLOCK.load(Relaxed) {
                HEAP.with(|()| ());
            }
        }
    }

    impl ByPath for Called {
        type Raw = Calls;
    }

    #[test]
    fn entering_a_value_within_the_functions_of_its_lock_or_while_it_is_held() {
        let expected = "brkalloc: CALLED: entered again while in use: its lock, or a closure that it \
                        calls, allocates from it; write lock = \"os\", which never does\n";
        HEAP.with(|()| ());
        for when in [&AT_LOCK, &AT_UNLOCK] {
            let words = last_words(|| {
                when.store(true, Relaxed);
                HEAP.with(|()| ());
            });
            assert_eq!(words, expected);
        }
        assert_eq!(last_words(|| HEAP.with(|()| HEAP.with(|()| ()))), expected);
        HEAP.with(|()| ());
    }

    #[test]
    fn moving_a_pthread_lock_that_was_used() {
        let lock = Pthread::new();
        lock.lock();
        // SAFETY: taken on the line above.
        unsafe { lock.unlock() };
        let moved = Box::new(lock);
        let words = last_words(|| moved.lock());
        assert_eq!(words, "brkalloc: os lock: a mutex was moved after its first use\n");
    }

    #[test]
    fn a_lock_api_mutex_that_panics() {
        struct Panics;
        // SAFETY: it is never locked.
        unsafe impl lock_api::RawMutex for Panics {
            const INIT: Self = Self;
            type GuardMarker = lock_api::GuardSend;
            fn lock(&self) {
                std::panic::resume_unwind(Box::new(()));
            }
            fn try_lock(&self) -> bool {
                false
            }
            unsafe fn unlock(&self) {}
        }
        let words = last_words(|| {
            // SAFETY: it does not return.
            unsafe { RawLock::<Panics>::new().lock() };
        });
        assert_eq!(words, "brkalloc: a lock_api mutex: panicked within an allocator\n");
    }
}
