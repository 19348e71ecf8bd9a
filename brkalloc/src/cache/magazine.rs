//! What one thread keeps of one class: a magazine of objects, and one more batch.
//!
//! ```text
//!   head  ──► object ──► object ──► …      room: how many more fit
//!   spare ──► a whole batch                so that a thread at the border of two batches does not
//!                                          turn to the depot at every request
//! ```
//!
//! After Bonwick and Adams, *Magazines and Vmem* (2001). This module touches no lock and no slab.

use super::object::{Object, Objects};
use core::cell::Cell;

/// Objects of one class that one thread keeps.
///
/// # Invariant
///
/// `head` holds a whole batch less `room`; `spare` holds a whole batch or nothing.
#[derive(Debug)]
pub(super) struct Magazine {
    head: Cell<Objects>,
    room: Cell<u16>,
    /// Whether the thread has turned to the depot for it since the last sweep.
    busy: Cell<bool>,
    spare: Cell<Objects>,
    /// `head` at the last sweep.
    seen: Cell<Objects>,
    /// Batches that were counted last.
    counted: Cell<usize>,
}

impl Magazine {
    pub(super) const fn new() -> Self {
        Self {
            head: Cell::new(None),
            room: Cell::new(0),
            busy: Cell::new(false),
            spare: Cell::new(None),
            seen: Cell::new(None),
            counted: Cell::new(0),
        }
    }

    /// Takes an object, if there is one at hand.
    #[inline]
    pub(super) fn pop(&self) -> Objects {
        let object = self.head.get()?;
        self.head.set(object.next());
        self.room.set(self.room.get().wrapping_add(1));
        Some(object)
    }

    /// Keeps an object, if there is room at hand.
    #[inline]
    pub(super) fn push(&self, object: Object) -> bool {
        let room = self.room.get();
        if room == 0 {
            return false;
        }
        self.room.set(room - 1);
        object.set_next(self.head.get());
        self.head.set(Some(object));
        true
    }

    /// Begins with the objects of a batch, of which `room` are missing.
    pub(super) fn load(&self, objects: Objects, room: u16) {
        self.head.set(objects);
        self.room.set(room);
    }

    /// The batch that is to spare.
    pub(super) fn take_spare(&self) -> Objects {
        self.spare.take()
    }

    /// Makes the full magazine the spare batch and begins another, with room for `whole`; the batch
    /// that was to spare.
    pub(super) fn shift(&self, whole: u16) -> Objects {
        let full = self.head.take();
        self.room.set(whole);
        if full.is_some() { self.spare.replace(full) } else { None }
    }

    /// How many batches it may hold now: none before it is first used.
    pub(super) fn batches(&self) -> usize {
        let (head, spare) = (self.head.get(), self.spare.get());
        usize::from(head.is_some() || 0 < self.room.get()) + usize::from(spare.is_some())
    }

    /// Counts them: what the last count said, and what is now.
    pub(super) fn recount(&self) -> (usize, usize) {
        let now = self.batches();
        (self.counted.replace(now), now)
    }

    /// Everything, in two lists.
    pub(super) fn empty(&self) -> [Objects; 2] {
        self.room.set(0);
        self.seen.set(None);
        [self.spare.take(), self.head.take()]
    }

    /// Notes that the thread turned to the depot for this class.
    pub(super) fn note(&self) {
        self.busy.set(true);
    }

    /// Whether nothing was taken or kept since this was last asked, but something may be here.
    pub(super) fn is_idle(&self) -> bool {
        let (head, seen) = (self.head.get(), self.seen.get());
        self.seen.set(head);
        !self.busy.replace(false) && head == seen && 0 < self.batches()
    }

    /// Calls `visit` with each object, until it fails.
    pub(super) fn try_for_each<E>(
        &self,
        mut visit: impl FnMut(Object) -> Result<(), E>,
    ) -> Result<(), E> {
        for first in [self.spare.get(), self.head.get()] {
            let mut place = first;
            while let Some(object) = place {
                visit(object)?;
                place = object.next();
            }
        }
        Ok(())
    }
}
