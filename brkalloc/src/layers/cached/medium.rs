//! The medium cache: freed chunks of medium size that a thread keeps for its next request of their
//! class.
//!
//! ```text
//!   class    1     2     …    40
//!            ┃     ·          ┃
//!          chunk             chunk          linked in their payloads; their tags say *used*
//!            ┃
//!          chunk
//! ```
//!
//! The heap below sees these chunks as in use, so it changes nothing when the thread keeps or takes
//! one. The layout determines the class, so neither reads the chunk's tag. The cache is bounded in
//! bytes. Beyond the bound it gives back an eighth and no more: asking the heap for a chunk again
//! costs more than taking its lock more often. The order of stores is that of a
//! [magazine](super::magazine). This module touches no lock.

use super::class::{MEDIUM_CLASSES, MediumClass};
use super::magazine::in_order;
use super::object::{Object, Objects};
use crate::layers::Params;
use core::cell::Cell;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

/// The medium chunks of one thread.
#[derive(Debug)]
pub(super) struct MediumCache {
    heads: [Cell<Objects>; MEDIUM_CLASSES],
    /// Bytes of all of them, which other threads read.
    bytes: AtomicUsize,
    /// The bound in bytes: 0 before the thread begins to cache, and after its end.
    most: Cell<usize>,
    /// The class that gave back chunks last.
    clock: Cell<usize>,
    /// The heads of all classes at the last sweep, hashed into one number.
    seen: Cell<usize>,
}

impl MediumCache {
    pub(super) const fn new() -> Self {
        Self {
            heads: [const { Cell::new(None) }; MEDIUM_CLASSES],
            bytes: AtomicUsize::new(0),
            most: Cell::new(0),
            clock: Cell::new(0),
            seen: Cell::new(0),
        }
    }

    /// Pops a chunk of the class, if there is one.
    #[inline]
    pub(super) fn pop<C: Params>(&self, class: MediumClass) -> Objects {
        let head = self.heads.get(class.number())?;
        let chunk = head.get()?;
        head.set(chunk.next::<C>());
        in_order();
        self.set_bytes(self.bytes().wrapping_sub(class.size()));
        Some(chunk)
    }

    /// Pushes a chunk, unless it would exceed the bound. Returns whether it did.
    #[inline]
    pub(super) fn push<C: Params>(&self, chunk: Object, class: MediumClass) -> bool {
        let bytes = self.bytes() + class.size();
        let Some(head) = self.heads.get(class.number()) else { return false };
        if self.most.get() < bytes {
            return false;
        }
        chunk.set_first::<C>(head.get());
        in_order();
        head.set(Some(chunk));
        self.set_bytes(bytes);
        true
    }

    /// Whether there is a chunk of the class.
    pub(super) fn has(&self, class: MediumClass) -> bool {
        self.heads.get(class.number()).is_some_and(|head| head.get().is_some())
    }

    /// Returns the bytes in the cache.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    #[inline]
    fn set_bytes(&self, bytes: usize) {
        self.bytes.store(bytes, Relaxed);
    }

    /// Takes all chunks of a class, and leaves the bytes as they were.
    pub(super) fn take_all(&self, class: MediumClass) -> Objects {
        self.heads.get(class.number()).and_then(Cell::take)
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        for head in &self.heads {
            head.set(None);
        }
        self.set_bytes(0);
        self.most.set(0);
        self.clock.set(0);
        self.seen.set(0);
    }

    /// Sets the bound in bytes.
    pub(super) fn set_most(&self, most: usize) {
        self.most.set(most);
    }

    /// Whether the cache has chunks, and none came or went since the last call.
    pub(super) fn is_idle(&self) -> bool {
        let address = |head: &Cell<Objects>| head.get().map_or(0, |it| it.payload().addr().get());
        let now = self.heads.iter().fold(0_usize, |sum, head| {
            // Rotated, so that two classes that change places hash differently.
            sum.rotate_left(7) ^ address(head)
        });
        self.seen.replace(now) == now && 0 < self.bytes()
    }

    /// Gives back chunks, class by class, until at most `most` bytes remain.
    pub(super) fn shed<C: Params>(&self, most: usize, mut give_back: impl FnMut(Object)) {
        // One round, the largest class first.
        for _ in 0..MEDIUM_CLASSES {
            if self.bytes() <= most {
                return;
            }
            let number = (self.clock.get() + MEDIUM_CLASSES - 1) % MEDIUM_CLASSES;
            self.clock.set(number);
            let Some(class) = MediumClass::at(number) else { return };
            let mut chunks = self.heads.get(number).and_then(Cell::take);
            while let Some(chunk) = chunks {
                chunks = chunk.next::<C>();
                self.set_bytes(self.bytes().wrapping_sub(class.size()));
                give_back(chunk);
            }
        }
    }
}
