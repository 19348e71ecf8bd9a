//! The word, and in place of the kernel a queue of sleepers: who comes to sleep looks at the word while
//! nobody can be woken, as the kernel does under the lock of its own queue.

use core::fmt;
use core::sync::atomic::Ordering;
use loom::sync::{Condvar, Mutex, atomic};
use std::sync::OnceLock;

/// One look is enough: a thread that looks again does what it did before.
pub(super) const PATIENCE: u32 = 1;
/// As in the crate.
pub(super) const PAUSES: u32 = 1;

/// A word that a constant can make, and the model only within a run.
pub(super) struct AtomicU32 {
    first: u32,
    place: OnceLock<Place>,
}

struct Place {
    word: atomic::AtomicU32,
    queue: Mutex<()>,
    bell: Condvar,
}

impl AtomicU32 {
    pub(super) const fn new(first: u32) -> Self {
        Self { first, place: OnceLock::new() }
    }

    fn place(&self) -> &Place {
        self.place.get_or_init(|| Place {
            word: atomic::AtomicU32::new(self.first),
            queue: Mutex::new(()),
            bell: Condvar::new(),
        })
    }

    pub(super) fn load(&self, order: Ordering) -> u32 {
        self.place().word.load(order)
    }

    pub(super) fn store(&self, value: u32, order: Ordering) {
        self.place().word.store(value, order);
    }

    pub(super) fn swap(&self, value: u32, order: Ordering) -> u32 {
        self.place().word.swap(value, order)
    }

    pub(super) fn compare_exchange(
        &self,
        current: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        self.place().word.compare_exchange(current, new, success, failure)
    }
}

impl fmt::Debug for AtomicU32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtomicU32").finish_non_exhaustive()
    }
}

pub(super) fn sleep_while(word: &AtomicU32, value: u32) {
    let place = word.place();
    let queue = place.queue.lock().expect("nobody panics with it");
    if place.word.load(Ordering::Relaxed) == value {
        drop(place.bell.wait(queue).expect("nobody panics with it"));
    }
}

pub(super) fn wake_one(word: &AtomicU32) {
    let place = word.place();
    let queue = place.queue.lock().expect("nobody panics with it");
    place.bell.notify_one();
    drop(queue);
}
