//! What one thread keeps of one class: a magazine of objects, and one more batch.
//!
//! ```text
//!   head  ──► object ──► object ──► …      as many as its limit allows
//!   spare ──► a whole batch                so that a thread at the border of two batches does not
//!                                          turn to the depot at every request
//! ```
//!
//! A magazine begins small and doubles its limit each time it does not suffice, up to a whole batch,
//! so that a class which a thread seldom uses keeps little. After Bonwick and Adams, *Magazines and
//! Vmem* (2001). This module touches no lock and no slab.

use super::object::{Object, Objects, height};
use core::cell::Cell;

/// Objects of one class that one thread keeps.
///
/// # Invariant
///
/// `head` is a list of at most `limit` objects, each of which says how many there are from it on;
/// `spare` is one of a whole batch, or nothing.
#[derive(Debug)]
pub(super) struct Magazine {
    head: Cell<Objects>,
    limit: Cell<usize>,
    spare: Cell<Objects>,
    /// `head` at the last sweep.
    seen: Cell<Objects>,
    /// Whether the thread has turned to the depot for it since the last sweep.
    busy: Cell<bool>,
    /// Objects that were counted last.
    counted: Cell<u16>,
}

impl Magazine {
    pub(super) const fn new() -> Self {
        Self {
            head: Cell::new(None),
            limit: Cell::new(0),
            spare: Cell::new(None),
            seen: Cell::new(None),
            busy: Cell::new(false),
            counted: Cell::new(0),
        }
    }

    /// Takes an object, if there is one at hand.
    #[inline]
    pub(super) fn pop(&self) -> Objects {
        let object = self.head.get()?;
        self.head.set(object.next());
        Some(object)
    }

    /// Keeps an object, if there is room at hand.
    #[inline]
    pub(super) fn push(&self, object: Object) -> bool {
        let head = self.head.get();
        let already = height(head);
        if self.limit.get() <= already {
            return false;
        }
        object.set_above(head, already + 1);
        self.head.set(Some(object));
        true
    }

    /// How many objects it may hold now.
    pub(super) fn limit(&self) -> u16 {
        u16::try_from(self.limit.get()).unwrap_or(u16::MAX)
    }

    /// Lets it hold so many, no fewer than it holds.
    pub(super) fn set_limit(&self, limit: u16) {
        self.limit.set(limit.into());
    }

    /// Begins with a list of objects; what was there instead, which is nothing unless the allocator was
    /// entered again in between.
    pub(super) fn load(&self, objects: Objects) -> Objects {
        self.head.replace(objects)
    }

    /// The batch that is to spare.
    pub(super) fn take_spare(&self) -> Objects {
        self.spare.take()
    }

    /// Makes the full magazine the spare batch and begins another; the batch that was to spare.
    pub(super) fn shift(&self) -> Objects {
        self.spare.replace(self.head.take())
    }

    /// The upper half of the magazine, and not fewer than one object if there is any.
    pub(super) fn unload_half(&self) -> Objects {
        let first = self.head.get()?;
        let mut last = first;
        for _ in 1..first.height().div_ceil(2) {
            last = last.next()?;
        }
        self.head.set(last.next());
        last.set_next(None);
        Some(first)
    }

    /// Everything, in two lists. From now on it may hold nothing.
    pub(super) fn empty(&self) -> [Objects; 2] {
        self.limit.set(0);
        self.seen.set(None);
        [self.spare.take(), self.head.take()]
    }

    /// Counts the objects that it may hold, of which `whole` make a batch: what the last count said,
    /// and what is now.
    pub(super) fn recount(&self, whole: u16) -> (u16, u16) {
        let spare = self.spare.get();
        let now = self.limit() + if spare.is_some() { whole } else { 0 };
        (self.counted.replace(now), now)
    }

    /// Notes that the thread turned to the depot for this class.
    pub(super) fn note(&self) {
        self.busy.set(true);
    }

    /// Whether nothing was taken or kept since this was last asked, but something may be here.
    pub(super) fn is_idle(&self) -> bool {
        let (head, seen) = (self.head.get(), self.seen.get());
        self.seen.set(head);
        !self.busy.replace(false) && head == seen && (0 < self.limit.get() || head.is_some())
    }

    /// Both lists, the magazine's own last.
    pub(super) fn lists(&self) -> [Objects; 2] {
        [self.spare.get(), self.head.get()]
    }
}
