//! A record: all that one thread keeps, in memory of the heap, so that it outlives the thread.
//!
//! ```text
//!   thread-local word ──► record   | fronts | backs | medium | turns, budget | owner | links |
//!                  or ──► EMPTY    zeros: it has nothing, and has room for nothing
//!                  or ──► ENDED    likewise, after the thread's end was noticed
//! ```
//!
//! Zeros are an empty record, whose magazines neither give nor take. So the fast path has no branch
//! for a thread without a record: its slow paths see to one first. This module takes no lock.

use super::class::{CLASSES, Class};
use super::depot::LockedDepot;
use super::magazine::{Back, Front, Magazine};
use super::medium::MediumCache;
use crate::layers::Params;
use crate::sys::thread::Thread;
use core::cell::Cell;
use core::ptr::null;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

/// What one thread keeps of one heap.
///
/// # Invariant
///
/// Zeros are a record of no thread. Its owner alone uses it, except for `owner`, `charge` and the
/// bytes of `medium`, which others read, for `granted`, which only changes under the heap's lock,
/// and for the links, which only the holder of that lock uses. Once the owner is gone, it belongs to
/// that holder.
#[repr(C, align(64))]
pub(super) struct Record {
    pub(super) fronts: [Front; CLASSES],
    backs: [Back; CLASSES],
    pub(super) medium: MediumCache,
    /// Turns at the depot since the last sweep.
    pub(super) turns: Cell<u32>,
    /// The class that makes room next.
    pub(super) clock: Cell<usize>,
    /// The most bytes that the magazines can hold under their limits.
    charge: AtomicUsize,
    /// The bytes that the thread may hold at most, out of the total of all threads.
    pub(super) granted: Cell<usize>,
    /// The bytes that the thread was last refused to hold; 0 if it was not, since its last sweep.
    pub(super) refused: Cell<usize>,
    /// Whether the thread has flushed its caches since its last sweep, because no slab had room.
    pub(super) has_flushed: Cell<bool>,
    /// The thread; [`FREE`], or [`UNKNOWN`].
    owner: AtomicUsize,
    /// Where its heap is; null if it belongs to none.
    pub(super) home: Cell<*const ()>,
    /// The next of all records of the heap.
    pub(super) next: Cell<*const Record>,
    /// The next that belongs to no thread.
    pub(super) next_free: Cell<*const Record>,
}

/// The owner of a record that belongs to no thread.
pub(super) const FREE: Thread = 0;

/// The owner of a record whose thread cannot be asked for.
pub(super) const UNKNOWN: Thread = usize::MAX - 1;

/// A record that nobody writes to.
pub(super) struct Zeros(pub(super) Record);

// SAFETY: nobody writes to it: its magazines and its medium cache have no room, and what writes to a
// record looks whether it has a heap.
unsafe impl Sync for Zeros {}

/// The record of a thread that has none yet.
pub(super) static EMPTY: Zeros = Zeros(Record::NEW);

/// The record of a thread that ends and keeps nothing more.
pub(super) static ENDED: Zeros = Zeros(Record::NEW);

impl Record {
    #[expect(clippy::declare_interior_mutable_const, reason = "where each record comes from")]
    pub(super) const NEW: Self = Self {
        fronts: [const { Front::new() }; CLASSES],
        backs: [const { Back::new() }; CLASSES],
        medium: MediumCache::new(),
        turns: Cell::new(0),
        clock: Cell::new(0),
        charge: AtomicUsize::new(0),
        granted: Cell::new(0),
        refused: Cell::new(0),
        has_flushed: Cell::new(false),
        owner: AtomicUsize::new(FREE),
        home: Cell::new(null()),
        next: Cell::new(null()),
        next_free: Cell::new(null()),
    };

    /// Whether it is a thread's own, and neither of the two that all threads share.
    #[inline]
    pub(super) fn is_own(&self) -> bool {
        !self.home.get().is_null()
    }

    #[inline]
    pub(super) fn front(&self, class: Class) -> &Front {
        &self.fronts[class.number()]
    }

    pub(super) fn magazine(&self, class: Class) -> Magazine<'_> {
        Magazine { front: self.front(class), back: &self.backs[class.number()] }
    }

    pub(super) fn owner(&self) -> Thread {
        self.owner.load(Relaxed)
    }

    pub(super) fn set_owner(&self, owner: Thread) {
        self.owner.store(owner, Relaxed);
    }

    /// Returns the most bytes that the magazines can hold under their limits.
    pub(super) fn charge(&self) -> usize {
        self.charge.load(Relaxed)
    }

    /// Returns the bytes that the medium cache has and the magazines have room for.
    pub(super) fn held(&self) -> usize {
        self.charge() + self.medium.bytes()
    }

    /// Whether the thread may hold `bytes`, as far as it is known without the lock.
    pub(super) fn may_hold(&self, bytes: usize) -> Option<bool> {
        if bytes <= self.granted.get() {
            return Some(true);
        }
        let refused = self.refused.get();
        (refused != 0 && refused <= bytes).then_some(false)
    }

    /// Recounts what the magazine of a class may hold.
    pub(super) fn recharge<C: Params>(&self, class: Class) {
        let whole = LockedDepot::<C>::BATCHES[class.number()];
        let (before, now) = self.magazine(class).recount(whole);
        let bytes = |objects: u16| usize::from(objects) * class.size();
        let charge = self.charge().wrapping_add(bytes(now)).wrapping_sub(bytes(before));
        self.charge.store(charge, Relaxed);
        self.bound_medium::<C>();
    }

    /// Bounds the medium cache by half of the cache, and by what the magazines leave of the budget.
    pub(super) fn bound_medium<C: Params>(&self) {
        let half = LockedDepot::<C>::KEEPS / 2;
        self.medium.set_most(half.min(self.granted.get().saturating_sub(self.charge())));
    }

    /// Forgets everything but the links.
    pub(super) fn clear(&self) {
        for class in Class::all() {
            self.magazine(class).clear();
        }
        self.medium.clear();
        self.turns.set(0);
        self.clock.set(0);
        self.charge.store(0, Relaxed);
        self.granted.set(0);
        self.refused.set(0);
        self.has_flushed.set(false);
        self.set_owner(FREE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::MaybeUninit;
    use std::string::String;

    /// Every field.
    fn told(record: &Record) -> String {
        let Record {
            fronts,
            backs,
            medium,
            turns,
            clock,
            charge,
            granted,
            refused,
            has_flushed,
            owner,
            ..
        } = record;
        let links = [record.next.get(), record.next_free.get(), record.home.get().cast()];
        let counts = std::format!("{turns:?} {clock:?} {charge:?} {granted:?} {refused:?}");
        std::format!("{fronts:?} {backs:?} {medium:?} {counts} {has_flushed:?} {owner:?} {links:?}")
    }

    #[test]
    fn zeros_are_a_record_of_no_thread() {
        let zeros = MaybeUninit::<Record>::zeroed();
        // SAFETY: zeros are valid for each field: numbers, pointers, and optional pointers.
        let record = unsafe { zeros.assume_init() };
        let new = Record::NEW;
        assert_eq!(told(&record), told(&new));
    }
}
