//! A free object: its first two words are links of whoever holds it.
//!
//! ```text
//!   | next | height | ………… |     next: the object behind it in its list
//!                                height: how many objects the list has from here on
//!   | next | below  | ………… |     below: in the first object of a batch of the depot, the batch beneath
//! ```
//!
//! The least object is a granule, so both words fit every one. A list is its first object. Because
//! each object says how long the list is from it on, whoever takes one need not count: a counter
//! beside the list, changed by every request, would take longer than all the rest. This module knows
//! neither slabs nor threads.

use crate::tag::GRANULE;
use core::ptr::NonNull;

/// A free object of a slab, or a free chunk that a thread keeps, by its first byte.
///
/// # Invariant
///
/// It is a multiple of 16 and has 16 bytes that are valid for reads and writes; whoever has the
/// handle in a list is the only one to touch them until it is handed out, and has written the link
/// before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Object(NonNull<Objects>);

const _: () = assert!(2 * size_of::<Objects>() <= GRANULE, "links fit the least object");

/// Objects behind one another, from the first on.
pub(crate) type Objects = Option<Object>;

impl Object {
    /// The free object at `payload`.
    ///
    /// # Safety
    ///
    /// `payload` is a multiple of 16, its 16 bytes are valid for reads and writes, and nobody else
    /// uses them from now on.
    #[inline]
    pub(crate) const unsafe fn new(payload: NonNull<u8>) -> Self {
        Self(payload.cast())
    }

    /// Its first byte, for somebody who takes it.
    #[inline]
    pub(crate) const fn payload(self) -> NonNull<u8> {
        self.0.cast()
    }

    /// The object behind it.
    #[inline]
    pub(crate) fn next(self) -> Objects {
        // SAFETY: by the handle's invariant the link is readable, and was written.
        unsafe { self.0.read() }
    }

    /// Puts it before `next`.
    #[inline]
    pub(crate) fn set_next(self, next: Objects) {
        // SAFETY: by the handle's invariant the link is writable, and nobody else's.
        unsafe { self.0.write(next) }
    }

    /// How many objects its list has from it on, where that was noted.
    #[inline]
    pub(crate) fn height(self) -> usize {
        // SAFETY: by the handle's invariant the word is readable, and was written.
        unsafe { self.second().cast::<usize>().read() }
    }

    /// Puts it before `next`, and notes how many objects the list has now.
    #[inline]
    pub(crate) fn set_above(self, next: Objects, height: usize) {
        self.set_next(next);
        // SAFETY: by the handle's invariant the word is writable, and nobody else's.
        unsafe { self.second().cast::<usize>().write(height) }
    }

    /// The batch beneath the one that begins here.
    pub(crate) fn below(self) -> Objects {
        // SAFETY: by the handle's invariant the link is readable, and was written.
        unsafe { self.second().read() }
    }

    /// Puts the batch that begins here onto `below`.
    pub(crate) fn set_below(self, below: Objects) {
        // SAFETY: by the handle's invariant the link is writable, and nobody else's.
        unsafe { self.second().write(below) }
    }

    /// Where its second link is.
    #[inline]
    fn second(self) -> *mut Objects {
        self.0.as_ptr().wrapping_add(1)
    }
}

/// How many objects a list has whose first says so.
#[inline]
pub(crate) fn height(list: Objects) -> usize {
    list.map_or(0, Object::height)
}

/// Takes the first object of a list.
#[inline]
pub(crate) fn pop(list: &mut Objects) -> Objects {
    let first = (*list)?;
    *list = first.next();
    Some(first)
}
