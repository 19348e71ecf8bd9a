//! A free object: its first two words are links of whoever holds it.
//!
//! ```text
//!   | next | height | (seal) | ………… |   next: the object behind it in its list
//!                                       height: how many objects the list has from here on
//!   | next | below  | (seal) | ………… |   below: in the first object of a batch of the depot, the batch beneath
//! ```
//!
//! The least object is a granule, so both words fit every one. A list is its first object. Because
//! each object says how long the list is from it on, whoever takes one need not count: a counter
//! beside the list, changed by every request, would take longer than all the rest. With
//! `harden = "full"` a [seal](crate::diag::checksum) over both words follows them, and no word is believed
//! without it; the least object has two granules there. This module knows neither slabs nor threads.

use crate::arena::chunk::Window;
use crate::arena::tag::GRANULE;
use crate::diag::checksum::checksum;
use crate::diag::report;
use crate::diag::sanitizer;
use crate::layers::Params;
use core::ptr::NonNull;

/// A free object of a slab, or a free chunk that a thread or a quarantine keeps, by its first byte.
///
/// # Invariant
///
/// It is a multiple of 16 and has 16 bytes that are valid for reads and writes, [`LINKED`] in a heap
/// that seals; whoever has the handle in a list is the only one to touch them until it is handed
/// out, and has written the link before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Object(NonNull<Objects>);

/// Bytes of the links.
const LINKS: usize = 2 * size_of::<Objects>();

/// Bytes of the links and their seal.
pub(crate) const LINKED: usize = LINKS + size_of::<u64>();

const _: () = assert!(LINKS <= GRANULE, "links fit the least object");

/// Objects behind one another, from the first on.
pub(crate) type Objects = Option<Object>;

impl Object {
    /// The free object at `payload`.
    ///
    /// # Safety
    ///
    /// `payload` is a multiple of 16, its 16 bytes (its [`LINKED`] bytes, in a heap that seals) are
    /// valid for reads and writes, and nobody else uses them from now on.
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
    pub(crate) fn next<C: Params>(self) -> Objects {
        self.verify_checksum::<C>();
        self.first()
    }

    /// Puts it, which is in no list, before `next`; of the second word, nothing is known from now on.
    #[inline]
    pub(crate) fn set_first<C: Params>(self, next: Objects) {
        if Window::<C>::CHECKSUMMED {
            self.set_above::<C>(next, 0);
        } else {
            self.set_next::<C>(next);
        }
    }

    /// Puts it, which is in a list, before `next`.
    #[inline]
    pub(crate) fn set_next<C: Params>(self, next: Objects) {
        self.verify_checksum::<C>();
        sanitizer::allowed(self.0.as_ptr().cast(), size_of::<Objects>());
        // SAFETY: by the handle's invariant the link is writable, and nobody else's.
        unsafe { self.0.write(next) }
        self.set_checksum::<C>();
    }

    /// How many objects its list has from it on, where that was noted.
    #[inline]
    pub(crate) fn height<C: Params>(self) -> usize {
        self.verify_checksum::<C>();
        self.second_word()
    }

    /// Puts it before `next`, and notes how many objects the list has now.
    #[inline]
    pub(crate) fn set_above<C: Params>(self, next: Objects, height: usize) {
        sanitizer::allowed(self.0.as_ptr().cast(), LINKS);
        // SAFETY: by the handle's invariant the link is writable, and nobody else's.
        unsafe { self.0.write(next) }
        // SAFETY: by the handle's invariant the word is writable, and nobody else's.
        unsafe { self.second().cast::<usize>().write(height) }
        self.set_checksum::<C>();
    }

    /// The batch beneath the one that begins here.
    pub(crate) fn below<C: Params>(self) -> Objects {
        self.verify_checksum::<C>();
        // SAFETY: by the handle's invariant the link is readable, and was written.
        unsafe { self.second().read() }
    }

    /// Puts the batch that begins here onto `below`.
    pub(crate) fn set_below<C: Params>(self, below: Objects) {
        self.verify_checksum::<C>();
        sanitizer::allowed(self.second().cast(), size_of::<Objects>());
        // SAFETY: by the handle's invariant the link is writable, and nobody else's.
        unsafe { self.second().write(below) }
        self.set_checksum::<C>();
    }

    /// Whether both words are what the heap has written there, as far as it can tell.
    pub(crate) fn has_checksum<C: Params>(self) -> bool {
        // SAFETY: in a heap that seals, the handle has so many bytes, by its invariant.
        !Window::<C>::CHECKSUMMED
            || unsafe { self.checksum_place().read_unaligned() } == self.own_checksum()
    }

    #[inline]
    fn verify_checksum<C: Params>(self) {
        if Window::<C>::CHECKSUMMED && !self.has_checksum::<C>() {
            let what = "a free object with a broken link";
            report::fatal_in::<C>(format_args!("{what} at {:p}", self.payload()));
        }
    }

    #[inline]
    fn set_checksum<C: Params>(self) {
        if Window::<C>::CHECKSUMMED {
            // SAFETY: in a heap that seals, the handle has so many bytes, and nobody else uses them.
            unsafe { self.checksum_place().write_unaligned(self.own_checksum()) };
        }
    }

    fn own_checksum(self) -> u64 {
        let next = self.first().map_or(0, |next| next.payload().addr().get());
        checksum(self.payload().addr().get(), [next as u64, self.second_word() as u64])
    }

    fn checksum_place(self) -> *mut u64 {
        self.second().wrapping_add(1).cast()
    }

    #[inline]
    fn first(self) -> Objects {
        // SAFETY: by the handle's invariant the link is readable, and was written.
        unsafe { self.0.read() }
    }

    #[inline]
    fn second_word(self) -> usize {
        // SAFETY: by the handle's invariant the word is readable, and was written.
        unsafe { self.second().cast::<usize>().read() }
    }

    /// Where its second link is.
    #[inline]
    fn second(self) -> *mut Objects {
        self.0.as_ptr().wrapping_add(1)
    }
}

/// How many objects a list has whose first says so.
#[inline]
pub(crate) fn height<C: Params>(list: Objects) -> usize {
    list.map_or(0, Object::height::<C>)
}

/// Takes the first object of a list.
#[inline]
pub(crate) fn pop<C: Params>(list: &mut Objects) -> Objects {
    let first = (*list)?;
    *list = first.next::<C>();
    Some(first)
}
