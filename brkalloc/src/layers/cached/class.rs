//! Size classes of small objects and of medium chunks.
//!
//! ```text
//!   bytes     1 … 16 | 17 … 32 | … | 1009 … 1024 | 1025 … 1144 | … | … 32760 | more
//!   class     0        1             63          |  about 40, 8 a doubling   |
//!             objects of a slab, without a tag   |  medium chunks of a thread  | the heap's
//! ```
//!
//! A small object takes a whole number of granules. A slab of a class has enough pages for a good
//! number of objects and little waste; its last word is the next chunk's tag. Medium requests are
//! rounded up to an eighth of their power of two, so the layout alone determines a chunk's class.
//! This module is arithmetic over constants; it knows no addresses.

use crate::arena::index::Request;
use crate::arena::tag::{GRANULE, WORD};
use core::alloc::Layout;

/// The largest small object, in bytes.
pub(crate) const LARGEST: usize = 1024;

/// How many classes of small objects there are.
pub(crate) const CLASSES: usize = LARGEST / GRANULE;

/// The unit of slabs, in bytes, whatever the system's page size.
pub(crate) const PAGE: usize = 4096;

/// The fewest objects of a slab.
const OBJECTS: usize = 16;

/// The most pages of a slab.
const MOST_PAGES: usize = 15;

/// A class of small objects.
///
/// # Invariant
///
/// It is below [`CLASSES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Class(u8);

impl Class {
    /// Returns the class whose objects fit a layout; `None` if no slab holds it.
    ///
    /// Objects stand at multiples of their size from a page's beginning, so a size that is a
    /// multiple of its alignment aligns them all.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "there are few classes")]
    pub(crate) const fn of(layout: Layout) -> Option<Self> {
        // The offset of the last byte, rounded up to the alignment. Alignments of up to a granule
        // do not change its granule. Without bytes, the offset is beyond all classes.
        let last = layout.size().wrapping_sub(1) | (layout.align() - 1);
        if last < LARGEST { Some(Self((last / GRANULE) as u8)) } else { None }
    }

    /// Returns the class of that number, if there is one.
    pub(crate) const fn at(number: usize) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "below the number of classes")]
        if number < CLASSES { Some(Self(number as u8)) } else { None }
    }

    /// Every class.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..CLASSES).filter_map(Self::at)
    }

    /// Returns its number.
    #[inline]
    pub(crate) const fn number(self) -> usize {
        // The remainder changes nothing; it tells the compiler the invariant.
        self.0 as usize % CLASSES
    }

    /// Returns the size of its objects, in bytes.
    #[inline]
    pub(crate) const fn size(self) -> usize {
        (self.number() + 1) * GRANULE
    }

    /// Whether the size of its objects divides a distance within a slab.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a slab has few pages")]
    pub(crate) const fn divides(self, distance: usize) -> bool {
        let inverse = INVERSES[self.number()];
        (distance as u32).wrapping_mul(inverse) < inverse
    }

    /// Returns the size of its objects, in granules.
    #[inline]
    pub(crate) const fn granules(self) -> u16 {
        self.0 as u16 + 1
    }

    /// Returns the size of its slabs, in pages.
    #[inline]
    pub(crate) const fn pages(self) -> u32 {
        PAGES[self.number()] as u32
    }

    /// Returns how many objects one of its slabs holds.
    #[inline]
    pub(crate) const fn capacity(self) -> u16 {
        CAPACITIES[self.number()]
    }

    /// Returns the request for a slab: whole pages, beginning at a page.
    pub(crate) const fn slab(self) -> Request {
        #[expect(clippy::cast_possible_truncation, reason = "a page has few granules")]
        const GRANULES: u32 = (PAGE / GRANULE) as u32;
        Request { need: self.pages() * GRANULES, align: GRANULES }
    }

    /// Returns the request for a chunk in place of an object: its size, and the alignment of all
    /// objects of the class. For heaps with no room for a slab.
    pub(crate) const fn object(self) -> Option<Request> {
        let size = self.size();
        Request::new(size, 1 << size.trailing_zeros())
    }
}

/// Pages of the slabs of each class.
const PAGES: [u8; CLASSES] = {
    let mut pages = [0; CLASSES];
    let mut number = 0;
    while number < CLASSES {
        pages[number] = slab_pages((number + 1) * GRANULE);
        number += 1;
    }
    pages
};

/// The inverse of each class: 2³² over its size, rounded up. A number below 2¹⁶ is a multiple of
/// the size exactly if its product with the inverse, modulo 2³², is less than the inverse (Lemire,
/// Kaser and Kurz, 2019). A division would take longer than the rest of a free.
const INVERSES: [u32; CLASSES] = {
    let mut inverses = [0; CLASSES];
    let mut number = 0;
    while number < CLASSES {
        #[expect(clippy::cast_possible_truncation, reason = "at most a kibibyte")]
        let size = ((number + 1) * GRANULE) as u32;
        inverses[number] = u32::MAX / size + 1;
        number += 1;
    }
    inverses
};

/// Objects of a slab of each class.
const CAPACITIES: [u16; CLASSES] = {
    let mut capacities = [0; CLASSES];
    let mut number = 0;
    while number < CLASSES {
        let bytes = PAGES[number] as usize * PAGE - WORD;
        #[expect(clippy::cast_possible_truncation, reason = "checked below")]
        let capacity = (bytes / ((number + 1) * GRANULE)) as u16;
        capacities[number] = capacity;
        number += 1;
    }
    capacities
};

/// Returns the pages of a slab of objects of `size` bytes: enough for [`OBJECTS`], and then as few
/// more as leave at most a twenty-fifth unused, or else the number that leaves the least.
const fn slab_pages(size: usize) -> u8 {
    let least = if OBJECTS * size < PAGE { 1 } else { OBJECTS * size / PAGE };
    let (mut pages, mut best, mut least_waste) = (least, least, usize::MAX);
    while pages <= 2 * least && pages <= MOST_PAGES {
        let bytes = pages * PAGE - WORD;
        let waste = (bytes % size) * 1000 / bytes;
        if waste < least_waste {
            (best, least_waste) = (pages, waste);
        }
        if waste <= 40 {
            break;
        }
        pages += 1;
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most `MOST_PAGES`")]
    let best = best as u8;
    best
}

const _: () = {
    assert!(CLASSES.is_power_of_two() && CLASSES < u8::MAX as usize, "a class fits its byte");
    assert!(MOST_PAGES * PAGE / GRANULE <= u16::MAX as usize, "an object's place fits 16 bits");
};

/// The greatest medium request, in bytes of payload.
pub(crate) const LARGEST_MEDIUM: usize = 32 << 10;

/// The binary logarithm of the medium classes per doubling.
const STEPS: u32 = 3;

/// The smallest medium chunk, in granules: that of the first request above [`LARGEST`].
#[expect(clippy::cast_possible_truncation, reason = "it is small")]
const LEAST_MEDIUM: u32 = (LARGEST / GRANULE) as u32;

/// How many medium classes there are.
pub(crate) const MEDIUM_CLASSES: usize = medium_number(medium_granules(LARGEST_MEDIUM)) + 1;

/// A size class of medium chunks.
///
/// # Invariant
///
/// It is below [`MEDIUM_CLASSES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MediumClass(u8);

impl MediumClass {
    /// Returns the class whose chunks serve a layout; `None` for small and large ones.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "there are few classes")]
    pub(crate) const fn of(layout: Layout) -> Option<Self> {
        let (size, align) = (layout.size(), layout.align());
        if LARGEST < size && size <= LARGEST_MEDIUM && align <= GRANULE {
            Some(Self(medium_number(medium_granules(size)) as u8))
        } else {
            None
        }
    }

    /// Returns its number.
    #[inline]
    pub(crate) const fn number(self) -> usize {
        self.0 as usize
    }

    /// Returns the class of that number, if there is one.
    pub(crate) const fn at(number: usize) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "below the number of classes")]
        if number < MEDIUM_CLASSES { Some(Self(number as u8)) } else { None }
    }

    /// Every class.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..MEDIUM_CLASSES).filter_map(Self::at)
    }

    /// Returns the request for a chunk of the class.
    #[inline]
    pub(crate) const fn request(self) -> Request {
        Request { need: self.granules(), align: 1 }
    }

    /// Returns the size of its chunks, in bytes.
    #[inline]
    pub(crate) const fn size(self) -> usize {
        self.granules() as usize * GRANULE
    }

    #[inline]
    const fn granules(self) -> u32 {
        let number = self.0 as u32;
        let step = LEAST_MEDIUM >> STEPS << (number >> STEPS);
        (number % (1 << STEPS) + (1 << STEPS)) * step
    }
}

/// Returns the granules of a chunk for `size` bytes, rounded up to its class.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "sizes here are below 64 KiB")]
const fn medium_granules(size: usize) -> u32 {
    let need = ((size + WORD).div_ceil(GRANULE)) as u32;
    let step = 1 << (need.ilog2() - STEPS);
    (need + step - 1) & !(step - 1)
}

/// Returns the number of the class whose chunks have exactly `granules`.
#[inline]
const fn medium_number(granules: u32) -> usize {
    let exponent = granules.ilog2();
    let doublings = exponent - LEAST_MEDIUM.ilog2();
    ((doublings << STEPS) + (granules >> (exponent - STEPS)) - (1 << STEPS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).expect("the tests' layouts are sound")
    }

    #[test]
    fn every_small_size_has_the_class_that_holds_it_and_wastes_less_than_a_granule() {
        for size in 1..=LARGEST {
            let class = Class::of(layout(size, 8)).expect("it is small");
            assert!(size <= class.size() && class.size() < size + GRANULE, "{size}");
        }
        assert_eq!(Class::of(layout(LARGEST + 1, 8)), None);
        assert_eq!(Class::of(layout(0, 1)), None);
    }

    #[test]
    fn objects_of_an_aligned_class_are_aligned_wherever_they_stand_in_a_slab() {
        for align in (4..16).map(|power| 1 << power) {
            for size in 0..=LARGEST + 1 {
                let Some(class) = Class::of(layout(size, align)) else { continue };
                assert!(size <= class.size() && class.size() % align == 0, "{size} at {align}");
            }
        }
        assert_eq!(Class::of(layout(8, 2048)), None);
    }

    #[test]
    fn a_class_divides_the_multiples_of_its_size_and_nothing_else() {
        for class in Class::all() {
            for distance in 0..MOST_PAGES * PAGE {
                assert_eq!(class.divides(distance), distance % class.size() == 0, "{distance}");
            }
        }
    }

    #[test]
    fn a_slab_holds_its_objects_beside_the_next_tag_and_wastes_little() {
        for class in Class::all() {
            let bytes = class.pages() as usize * PAGE - WORD;
            let used = usize::from(class.capacity()) * class.size();
            assert!(used <= bytes && 2 <= class.capacity());
            assert!((bytes - used) * 16 <= bytes, "{class:?} wastes {}", bytes - used);
            let request = class.slab();
            assert_eq!(request.need as usize * GRANULE, class.pages() as usize * PAGE);
            assert_eq!(request.align as usize * GRANULE, PAGE);
        }
    }

    #[test]
    fn every_middle_size_has_a_class_whose_chunk_holds_it_and_wastes_an_eighth_at_most() {
        let mut last = 0;
        for size in LARGEST + 1..=LARGEST_MEDIUM {
            let class = MediumClass::of(layout(size, 16)).expect("it is kept");
            assert!(class.number() < MEDIUM_CLASSES);
            assert!(class.number() == last || class.number() == last + 1, "{size}");
            last = class.number();
            let bytes = class.request().need as usize * GRANULE;
            assert!(size + WORD <= bytes && bytes <= size + WORD + GRANULE + size / 8, "{size}");
            assert_eq!(medium_number(class.request().need), class.number());
        }
        assert_eq!(last + 1, MEDIUM_CLASSES);
        assert_eq!(MediumClass::of(layout(LARGEST_MEDIUM + 1, 8)), None);
        assert_eq!(MediumClass::of(layout(LARGEST, 8)), None);
        assert_eq!(MediumClass::of(layout(2000, 32)), None);
    }
}
