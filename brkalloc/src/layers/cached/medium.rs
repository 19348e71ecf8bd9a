//! Chunks of middle size that one thread keeps, whole, for its next request of their class.
//!
//! ```text
//!   class    1     2     …    40
//!            ┃     ·          ┃
//!          chunk             chunk          linked in their payloads; their tags say *used*
//!            ┃
//!          chunk
//! ```
//!
//! To the heap below they are in use, so nothing there changes when one is kept or taken; and as the
//! class follows from the layout, neither reads the chunk's tag. All that a thread keeps is bounded
//! in bytes. Beyond that an eighth goes back, and no more: to ask the heap for a chunk again costs more
//! than to take its lock more often. This module touches no lock.

use super::class::{MEDIUM_CLASSES, MediumClass};
use super::object::{Object, Objects};
use crate::layers::Params;
use core::cell::Cell;

/// Chunks that one thread keeps.
#[derive(Debug)]
pub(super) struct MediumCache {
    heads: [Cell<Objects>; MEDIUM_CLASSES],
    /// Bytes of all of them.
    bytes: Cell<usize>,
    /// The most bytes that may be kept now: 0 before the thread has begun to, and after its end.
    most: Cell<usize>,
    /// The class from which bytes were last given back.
    clock: Cell<usize>,
    /// What stood first in all classes at the last sweep, in one number.
    seen: Cell<usize>,
}

impl MediumCache {
    pub(super) const fn new() -> Self {
        Self {
            heads: [const { Cell::new(None) }; MEDIUM_CLASSES],
            bytes: Cell::new(0),
            most: Cell::new(0),
            clock: Cell::new(0),
            seen: Cell::new(0),
        }
    }

    /// Takes a chunk, if there is one of the class.
    #[inline]
    pub(super) fn pop<C: Params>(&self, class: MediumClass) -> Objects {
        let head = self.heads.get(class.number())?;
        let chunk = head.get()?;
        head.set(chunk.next::<C>());
        self.bytes.set(self.bytes.get().wrapping_sub(class.size()));
        Some(chunk)
    }

    /// Keeps a chunk, if its bytes may be.
    #[inline]
    pub(super) fn push<C: Params>(&self, chunk: Object, class: MediumClass) -> bool {
        let bytes = self.bytes.get() + class.size();
        let Some(head) = self.heads.get(class.number()) else { return false };
        if self.most.get() < bytes {
            return false;
        }
        chunk.set_first::<C>(head.get());
        head.set(Some(chunk));
        self.bytes.set(bytes);
        true
    }

    /// The bytes that are kept.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// Lets so many bytes be kept from now on.
    pub(super) fn set_most(&self, most: usize) {
        self.most.set(most);
    }

    /// Whether no chunk was taken or kept since this was last asked, but some are here.
    pub(super) fn is_idle(&self) -> bool {
        let address = |head: &Cell<Objects>| head.get().map_or(0, |it| it.payload().addr().get());
        let now = self.heads.iter().fold(0_usize, |sum, head| {
            // Turned, so that two classes that change places are not the same.
            sum.rotate_left(7) ^ address(head)
        });
        self.seen.replace(now) == now && 0 < self.bytes.get()
    }

    /// Chunks to give back, class by class, as long as more than `most` bytes are kept.
    pub(super) fn shed<C: Params>(&self, most: usize, mut give_back: impl FnMut(Object)) {
        // Once round, the largest first.
        for _ in 0..MEDIUM_CLASSES {
            if self.bytes.get() <= most {
                return;
            }
            let number = (self.clock.get() + MEDIUM_CLASSES - 1) % MEDIUM_CLASSES;
            self.clock.set(number);
            let Some(class) = MediumClass::at(number) else { return };
            let mut chunks = self.heads.get(number).and_then(Cell::take);
            while let Some(chunk) = chunks {
                chunks = chunk.next::<C>();
                self.bytes.set(self.bytes.get().wrapping_sub(class.size()));
                give_back(chunk);
            }
        }
    }
}
