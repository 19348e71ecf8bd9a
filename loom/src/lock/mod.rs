//! The futex of brkalloc, the file itself, over a word and a kernel that are models.

#[path = "../../../brkalloc/src/sys/lock/futex.rs"]
mod futex;
mod kernel;
mod single_threaded;

use futex::Futex;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use single_threaded::set_single_threaded;

/// A number behind the lock; loom fails where two accesses of it are not ordered.
struct Guarded {
    lock: Futex,
    value: UnsafeCell<u32>,
}

// SAFETY: that the lock makes it so is what is tried.
unsafe impl Sync for Guarded {}

impl Guarded {
    fn new() -> Arc<Self> {
        let guarded = Arc::new(Self { lock: Futex::new(), value: UnsafeCell::new(0) });
        // The word is made where the model begins.
        guarded.add();
        guarded
    }

    fn add(&self) {
        self.lock.lock();
        self.add_one();
        // SAFETY: taken above.
        unsafe { self.lock.unlock() };
    }

    fn add_one(&self) {
        self.value.with_mut(|value| {
            // SAFETY: the lock is held.
            unsafe { *value += 1 };
        });
    }

    /// The number, once no other thread is left.
    fn value(&self) -> u32 {
        self.value.with(|value| {
            // SAFETY: there is no other thread.
            unsafe { *value }
        })
    }
}

/// Starts a thread, as the C library has it known.
fn start(guarded: &Arc<Guarded>, times: usize) -> thread::JoinHandle<()> {
    set_single_threaded(false);
    let guarded = Arc::clone(guarded);
    thread::spawn(move || (0..times).for_each(|_| guarded.add()))
}

/// Tries every order, with at most so many switches that no thread asked for.
fn model(switches: usize, run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(run);
}

#[test]
fn two_threads_exclude_each_other_and_none_sleeps_for_ever() {
    loom::model(|| {
        let guarded = Guarded::new();
        let other = start(&guarded, 2);
        guarded.add();
        other.join().expect("it ends");
        assert_eq!(guarded.value(), 4);
    });
}

#[test]
fn three_threads_exclude_each_other_and_none_sleeps_for_ever() {
    model(3, || {
        let guarded = Guarded::new();
        let others = [start(&guarded, 1), start(&guarded, 1)];
        guarded.add();
        others.into_iter().for_each(|other| other.join().expect("it ends"));
        assert_eq!(guarded.value(), 4);
    });
}

#[test]
fn a_thread_may_be_started_while_the_lock_is_held() {
    loom::model(|| {
        let guarded = Guarded::new();
        guarded.lock.lock();
        let other = start(&guarded, 1);
        guarded.add_one();
        // SAFETY: taken above.
        unsafe { guarded.lock.unlock() };
        guarded.add();
        other.join().expect("it ends");
        assert_eq!(guarded.value(), 4);
    });
}

#[test]
fn a_thread_may_be_joined_and_the_process_have_one_again() {
    loom::model(|| {
        let guarded = Guarded::new();
        let other = start(&guarded, 1);
        guarded.add();
        guarded.lock.lock();
        guarded.add_one();
        // SAFETY: taken above.
        unsafe { guarded.lock.unlock() };
        other.join().expect("it ends");
        set_single_threaded(true);
        guarded.add();
        assert_eq!(guarded.value(), 5);
    });
}

#[test]
fn the_lock_may_be_given_back_after_the_last_other_thread_has_ended() {
    loom::model(|| {
        let guarded = Guarded::new();
        set_single_threaded(false);
        let other = thread::spawn(|| ());
        guarded.lock.lock();
        guarded.add_one();
        other.join().expect("it ends");
        set_single_threaded(true);
        // SAFETY: taken above.
        unsafe { guarded.lock.unlock() };
        guarded.add();
        assert_eq!(guarded.value(), 3);
    });
}
