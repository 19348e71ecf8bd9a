//! A free object: its holder keeps links in its first two words.
//!
//! ```text
//!   | next | height | (checksum) | … |   next: the object behind it in its list
//!                                       height: how many objects the list has from here on
//!   | next | below  | (checksum) | … |   below: in the first object of a list on a shelf, the list beneath
//! ```
//!
//! The smallest object is a granule, so both words fit every one. A list is its first object. Each
//! object holds the length of the list from there on, so nobody counts: a counter beside the list,
//! changed by every request, would cost more than all the rest. With `harden = "full"` a
//! [checksum](crate::diag::checksum) over both words follows them, and the heap verifies it before
//! it uses a word; the smallest object has two granules there. This module knows neither slabs nor
//! threads.

use crate::arena::chunk::Window;
use crate::arena::tag::GRANULE;
use crate::diag::checksum::checksum;
use crate::diag::report;
use crate::diag::sanitizer;
use crate::layers::Params;
use core::ptr::NonNull;

/// A free object of a slab, or a free chunk in a cache or a quarantine, by its first byte.
///
/// # Invariant
///
/// Its address is a multiple of 16. It has 16 bytes that are valid for reads and writes, [`LINKED`]
/// in a checksummed heap. Only the holder of the list accesses them until the object is handed out,
/// and writes a link before reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Object(NonNull<Objects>);

/// Bytes of the links.
const LINKS: usize = 2 * size_of::<Objects>();

/// Bytes of the links and their checksum.
pub(crate) const LINKED: usize = LINKS + size_of::<u64>();

const _: () = assert!(LINKS <= GRANULE, "links fit the least object");

/// What a heap says of a list that is longer or shorter than it was.
pub(crate) const WRONG_LENGTH: &str = "corrupt free object: length of its list is wrong";

/// A linked list of objects, from the first on.
pub(crate) type Objects = Option<Object>;

impl Object {
    /// Returns the free object at `payload`.
    ///
    /// # Safety
    ///
    /// `payload` is a multiple of 16. Its 16 bytes ([`LINKED`] bytes in a checksummed heap) are
    /// valid for reads and writes, and nobody else uses them from now on.
    #[inline]
    pub(crate) const unsafe fn new(payload: NonNull<u8>) -> Self {
        Self(payload.cast())
    }

    /// Returns its first byte.
    #[inline]
    pub(crate) const fn payload(self) -> NonNull<u8> {
        self.0.cast()
    }

    /// Returns the next object.
    #[inline]
    pub(crate) fn next<C: Params>(self) -> Objects {
        self.verify_checksum::<C>();
        self.first()
    }

    /// Links it, from no list, before `next`. The second word is unspecified from now on.
    #[inline]
    pub(crate) fn set_first<C: Params>(self, next: Objects) {
        if Window::<C>::CHECKSUMMED {
            self.set_above::<C>(next, 0);
        } else {
            self.set_next::<C>(next);
        }
    }

    /// Links it, from its list, before `next`.
    #[inline]
    pub(crate) fn set_next<C: Params>(self, next: Objects) {
        self.verify_checksum::<C>();
        sanitizer::allowed(self.0.as_ptr().cast(), size_of::<Objects>());
        // SAFETY: by the handle's invariant, only its holder accesses the link, which is writable.
        unsafe { self.0.write(next) }
        self.set_checksum::<C>();
    }

    /// Returns the length of its list from here on, if that was noted.
    #[inline]
    pub(crate) fn height<C: Params>(self) -> usize {
        self.verify_checksum::<C>();
        self.second_word()
    }

    /// Links it before `next`, and notes the new length of the list.
    #[inline]
    pub(crate) fn set_above<C: Params>(self, next: Objects, height: usize) {
        sanitizer::allowed(self.0.as_ptr().cast(), LINKS);
        // SAFETY: by the handle's invariant, only its holder accesses the link, which is writable.
        unsafe { self.0.write(next) }
        // SAFETY: by the handle's invariant, only its holder accesses the word, which is writable.
        unsafe { self.second().cast::<usize>().write(height) }
        self.set_checksum::<C>();
    }

    /// Returns the object that is so many places behind this one in its list; none where the list has ended.
    pub(crate) fn behind<C: Params>(self, places: usize) -> Objects {
        let mut place = Some(self);
        for _ in 0..places {
            place = place?.next::<C>();
        }
        place
    }

    /// Ends the list that begins here after so many objects.
    pub(crate) fn cut<C: Params>(self, length: usize) {
        let mut place = Some(self);
        for height in (1..=length).rev() {
            let Some(object) = place else { return };
            place = object.next::<C>();
            object.set_above::<C>(place.filter(|_| 1 < height), height);
        }
    }

    /// Returns the list beneath the one that begins here.
    pub(crate) fn below<C: Params>(self) -> Objects {
        self.verify_checksum::<C>();
        // SAFETY: by the handle's invariant the link is readable, and was written.
        unsafe { self.second().read() }
    }

    /// Stacks the list that begins here onto `below`.
    pub(crate) fn set_below<C: Params>(self, below: Objects) {
        self.verify_checksum::<C>();
        sanitizer::allowed(self.second().cast(), size_of::<Objects>());
        // SAFETY: by the handle's invariant, only its holder accesses the link, which is writable.
        unsafe { self.second().write(below) }
        self.set_checksum::<C>();
    }

    /// Whether the checksum matches both words; always true in a heap without checksums.
    pub(crate) fn has_checksum<C: Params>(self) -> bool {
        // SAFETY: by its invariant, the handle of a checksummed heap has these bytes.
        !Window::<C>::CHECKSUMMED
            || unsafe { self.checksum_place().read_unaligned() } == self.own_checksum()
    }

    #[inline]
    fn verify_checksum<C: Params>(self) {
        if Window::<C>::CHECKSUMMED && !self.has_checksum::<C>() {
            let what = "corrupt free object: checksum of its links is wrong";
            report::fatal_at::<C>(what, self.payload().as_ptr());
        }
    }

    #[inline]
    fn set_checksum<C: Params>(self) {
        if Window::<C>::CHECKSUMMED {
            // SAFETY: the handle of a checksummed heap has these bytes, and nobody else uses them.
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

    /// The address of the second link.
    #[inline]
    fn second(self) -> *mut Objects {
        self.0.as_ptr().wrapping_add(1)
    }
}

/// Returns the length of a list, as its first object holds it.
#[inline]
pub(crate) fn height<C: Params>(list: Objects) -> usize {
    list.map_or(0, Object::height::<C>)
}
