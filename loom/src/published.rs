//! What is written under a lock, or once, and read without: the last store releases what came before,
//! and whoever sees it has acquired the rest.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use loom::thread;
use std::ptr::null_mut;

/// The map of a window: a copy of `open`, `extend`, `end` and `entry` of `cache/map.rs`, with entries
/// that the system commits one by one.
struct Map {
    entries: AtomicPtr<Entry>,
    committed: AtomicU32,
}

/// Memory that becomes an entry when it is committed: loom fails where a look at it is not ordered
/// behind that.
struct Entry(UnsafeCell<bool>);

// SAFETY: that the count makes it so is what is tried.
unsafe impl Sync for Entry {}

impl Map {
    /// The lock is held.
    fn open(&self, region: &[Entry; 2]) {
        self.entries.store(region.as_ptr().cast_mut(), Ordering::Relaxed);
    }

    /// The lock is held, and what it guards says where the end is: loom does not try all orders of a load by
    /// one thread and a store by another that has loaded just before.
    fn extend(&self, region: &[Entry; 2], end: u32) {
        let entry = &region[end as usize];
        entry.0.with_mut(|committed| {
            // SAFETY: nobody looks at an entry that is not committed.
            unsafe { *committed = true };
        });
        self.committed.store(end + 1, Ordering::Release);
    }

    /// Whether the page has an entry. The lock is not held.
    fn is_committed(&self, page: u32) -> bool {
        if self.committed.load(Ordering::Acquire) <= page {
            return false;
        }
        let entry = self.entries.load(Ordering::Relaxed).wrapping_add(page as usize);
        assert!(!entry.is_null(), "the entries were stored before they were counted");
        // SAFETY: the entry is one of the region's, which outlives the threads.
        let entry = unsafe { &*entry };
        entry.0.with(|committed| {
            // SAFETY: the entry is committed, and not written again.
            unsafe { *committed }
        })
    }
}

#[test]
fn who_sees_the_count_sees_the_entries() {
    loom::model(|| {
        let entries = AtomicPtr::new(null_mut());
        let map = Arc::new(Map { entries, committed: AtomicU32::new(0) });
        let region = Arc::new([(); 2].map(|()| Entry(UnsafeCell::new(false))));
        let writer = thread::spawn({
            let (map, region) = (Arc::clone(&map), Arc::clone(&region));
            move || {
                map.open(&region);
                map.extend(&region, 0);
                map.extend(&region, 1);
            }
        });
        let upper = map.is_committed(1);
        let lower = map.is_committed(0);
        assert!(lower || !upper, "entries are counted from the first on");
        writer.join().expect("it ends");
        assert!(map.is_committed(1));
    });
}

/// A copy of the three functions of `fork/streams.rs`: what `hold` stores, and what a fork by another thread
/// calls.
#[test]
fn who_sees_the_function_that_locks_sees_those_that_unlock() {
    loom::model(|| {
        let functions = Arc::new([(); 3].map(|()| AtomicUsize::new(0)));
        let holder = thread::spawn({
            let functions = Arc::clone(&functions);
            move || {
                let [lock, unlock, reset] = &*functions;
                reset.store(1, Ordering::Release);
                unlock.store(1, Ordering::Release);
                lock.store(1, Ordering::Release);
            }
        });
        let [lock, unlock, reset] = &*functions;
        if lock.load(Ordering::Acquire) != 0 {
            assert_eq!(unlock.load(Ordering::Acquire), 1, "the parent unlocks");
            assert_eq!(reset.load(Ordering::Acquire), 1, "the child resets");
        }
        holder.join().expect("it ends");
    });
}
