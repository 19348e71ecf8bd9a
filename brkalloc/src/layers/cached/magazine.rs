//! The magazine of one thread and class: a list of objects, and one spare batch.
//!
//! ```text
//!   front   head  ──► object ──► object ──► …      as many as the limit allows
//!           limit
//!   back    spare ──► a whole batch                so that a thread at the border of two batches
//!           …                                      does not turn to the depot at every request
//! ```
//!
//! The fronts of all classes stand together, so that the words that requests touch are dense. A
//! magazine begins small and doubles its limit each time it does not suffice, up to a whole batch,
//! so a class that a thread seldom uses keeps little. After Bonwick and Adams, *Magazines and Vmem*
//! (2001). This module touches no lock and no slab.
//!
//! A `fork` by another thread may stop its copy of this one between any two stores, and the child
//! gives back what it finds. So the order of stores matters: an object's links come before the head
//! that leads to it; the head that no longer leads to it comes before whatever its new owner writes.
//! Then a list is whole at every instant. An object, or a batch on its way, may be in no list at that
//! instant; it is lost in the child. The other words are counts that the walk does not need.

use super::object::{Object, Objects, height};
use crate::layers::Params;
use core::cell::Cell;
use core::sync::atomic::Ordering::Release;
use core::sync::atomic::{compiler_fence, fence};

/// The two words that every request of a class reads and writes: a cache line has four classes.
///
/// # Invariant
///
/// `head` is a list of at most `limit` objects, each of which holds the length of the list from
/// there on.
#[derive(Debug)]
pub(super) struct Front {
    head: Cell<Objects>,
    limit: Cell<usize>,
}

impl Front {
    pub(super) const fn new() -> Self {
        Self { head: Cell::new(None), limit: Cell::new(0) }
    }

    /// Pops an object, if the magazine has one.
    #[inline]
    pub(super) fn pop<C: Params>(&self) -> Objects {
        let object = self.head.get()?;
        self.head.set(object.next::<C>());
        in_order();
        Some(object)
    }

    /// Whether the magazine has none.
    pub(super) fn is_empty(&self) -> bool {
        self.head.get().is_none()
    }

    /// Pushes an object, if the magazine has room. Returns whether it had.
    #[inline]
    pub(super) fn push<C: Params>(&self, object: Object) -> bool {
        let head = self.head.get();
        let already = height::<C>(head);
        if self.limit.get() <= already {
            return false;
        }
        object.set_above::<C>(head, already + 1);
        in_order();
        self.head.set(Some(object));
        true
    }
}

/// Keeps the stores before it before those behind it, for a fork beside: a child whose copy of a list
/// leads to an object that is in use would give it to somebody else. An x86 does so itself.
#[inline(always)]
pub(super) fn in_order() {
    if cfg!(any(target_arch = "x86", target_arch = "x86_64")) {
        compiler_fence(Release);
    } else {
        fence(Release);
    }
}

/// The words that few requests touch.
///
/// # Invariant
///
/// `spare` is a whole batch, or nothing.
#[derive(Debug)]
pub(super) struct Back {
    spare: Cell<Objects>,
    /// The head at the last sweep.
    seen: Cell<Objects>,
    /// Whether the thread has turned to the depot for this class since the last sweep.
    busy: Cell<bool>,
    /// The result of the last count of objects.
    counted: Cell<u16>,
}

impl Back {
    pub(super) const fn new() -> Self {
        Self {
            spare: Cell::new(None),
            seen: Cell::new(None),
            busy: Cell::new(false),
            counted: Cell::new(0),
        }
    }
}

/// The objects of one class in one thread's cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Magazine<'a> {
    pub(super) front: &'a Front,
    pub(super) back: &'a Back,
}

impl Magazine<'_> {
    /// Returns how many objects it may hold now.
    pub(super) fn limit(self) -> u16 {
        u16::try_from(self.front.limit.get()).unwrap_or(u16::MAX)
    }

    /// Sets how many objects it may hold, no fewer than it holds.
    pub(super) fn set_limit(self, limit: u16) {
        self.front.limit.set(limit.into());
    }

    /// Replaces its list by `objects`. Returns the old list, which is empty unless the allocator
    /// was entered again in between.
    pub(super) fn load(self, objects: Objects) -> Objects {
        in_order();
        self.front.head.replace(objects)
    }

    /// Takes the spare batch.
    pub(super) fn take_spare<C: Params>(self) -> Objects {
        let spare = self.back.spare.take();
        in_order();
        spare
    }

    /// Whether there is a spare batch.
    pub(super) fn has_spare(self) -> bool {
        self.back.spare.get().is_some()
    }

    /// Forgets everything.
    pub(super) fn clear(self) {
        let _ = self.empty();
        self.back.busy.set(false);
        self.back.counted.set(0);
    }

    /// Makes the full list the spare batch and begins an empty one. Returns the old spare batch.
    pub(super) fn shift(self) -> Objects {
        self.back.spare.replace(self.front.head.take())
    }

    /// Unloads the upper half of the magazine, at least one object if there is any.
    pub(super) fn unload_half<C: Params>(self) -> Objects {
        let first = self.front.head.get()?;
        let half = first.height::<C>().div_ceil(2);
        self.front.head.set(first.behind::<C>(half));
        in_order();
        first.cut::<C>(half);
        Some(first)
    }

    /// Unloads everything, in two lists, and sets the limit to 0.
    pub(super) fn empty(self) -> [Objects; 2] {
        self.front.limit.set(0);
        self.back.seen.set(None);
        [self.back.spare.take(), self.front.head.take()]
    }

    /// Counts the objects that it may hold, where `whole` make a batch. Returns the last count and
    /// the new one.
    pub(super) fn recount(self, whole: u16) -> (u16, u16) {
        let spare = self.back.spare.get();
        let now = self.limit() + if spare.is_some() { whole } else { 0 };
        (self.back.counted.replace(now), now)
    }

    /// Notes that the thread turned to the depot for this class.
    pub(super) fn note(self) {
        self.back.busy.set(true);
    }

    /// Whether no object came or went since the last call, and the magazine has a limit or objects.
    pub(super) fn is_idle(self) -> bool {
        let (head, seen) = (self.front.head.get(), self.back.seen.get());
        self.back.seen.set(head);
        !self.back.busy.replace(false)
            && head == seen
            && (0 < self.front.limit.get() || head.is_some())
    }

    /// Returns both lists, the magazine's own last.
    pub(super) fn lists(self) -> [Objects; 2] {
        [self.back.spare.get(), self.front.head.get()]
    }
}
