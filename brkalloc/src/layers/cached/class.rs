//! Classes: which sizes share a list, for small objects and for kept chunks.
//!
//! ```text
//!   bytes     1 … 16 | 17 … 32 | … | 1009 … 1024 | 1025 … 1144 | … | … 32760 | more
//!   class     0        1             63          |  about 40, 8 a doubling   |
//!             objects of a slab, without a tag   |  chunks that a thread keeps | the heap's
//! ```
//!
//! A small object takes a whole number of granules. A slab of a class is as many pages as hold a
//! good number of objects and leave little over; its last word is the next chunk's tag. A request
//! above that is rounded up to an eighth of its power of two, so that the class of a chunk follows
//! from the layout alone. This module is arithmetic over constants; it knows no addresses.

use crate::arena::index::Request;
use crate::arena::tag::{GRANULE, WORD};
use core::alloc::Layout;

/// The largest small object, in bytes.
pub(crate) const LARGEST: usize = 1024;

/// How many classes of small objects there are.
pub(crate) const CLASSES: usize = LARGEST / GRANULE;

/// The unit in which slabs are made, in bytes, whatever the system's pages are.
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
    /// The class whose objects a layout takes; `None` for what no slab holds.
    ///
    /// Objects stand at multiples of their size from a page's beginning, so a size that is a
    /// multiple of its alignment aligns them all.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "there are few classes")]
    pub(crate) const fn of(layout: Layout) -> Option<Self> {
        // Where the last byte of a multiple of the alignment stands. Alignments of up to a granule
        // change nothing of its granule; without bytes it is beyond all classes.
        let last = layout.size().wrapping_sub(1) | (layout.align() - 1);
        if last < LARGEST { Some(Self((last / GRANULE) as u8)) } else { None }
    }

    /// The class of that number, if there is one.
    pub(crate) const fn at(number: usize) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "below the number of classes")]
        if number < CLASSES { Some(Self(number as u8)) } else { None }
    }

    /// Every class.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..CLASSES).filter_map(Self::at)
    }

    /// Its number.
    #[inline]
    pub(crate) const fn number(self) -> usize {
        // The remainder changes nothing; it tells the compiler what the invariant says.
        self.0 as usize % CLASSES
    }

    /// The bytes of its objects.
    #[inline]
    pub(crate) const fn size(self) -> usize {
        (self.number() + 1) * GRANULE
    }

    /// Whether a distance within a slab is a multiple of its size.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a slab has few pages")]
    pub(crate) const fn divides(self, distance: usize) -> bool {
        let inverse = INVERSES[self.number()];
        (distance as u32).wrapping_mul(inverse) < inverse
    }

    /// The granules of its objects.
    #[inline]
    pub(crate) const fn granules(self) -> u16 {
        self.0 as u16 + 1
    }

    /// The pages of its slabs.
    #[inline]
    pub(crate) const fn pages(self) -> u32 {
        PAGES[self.number()] as u32
    }

    /// The objects of one of its slabs.
    #[inline]
    pub(crate) const fn capacity(self) -> u16 {
        CAPACITIES[self.number()]
    }

    /// What the heap below is asked for to get a slab of it: whole pages, from the beginning of one
    /// on.
    pub(crate) const fn slab(self) -> Request {
        #[expect(clippy::cast_possible_truncation, reason = "a page has few granules")]
        const GRANULES: u32 = (PAGE / GRANULE) as u32;
        Request { need: self.pages() * GRANULES, align: GRANULES }
    }

    /// What the heap below is asked for where it has no room for a slab: one object, aligned as all
    /// of the class are.
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

/// For each class 2³² over its size, rounded up. What is less than 2¹⁶ is a multiple of the size if that
/// number times it, modulo 2³², is less than the number, and only then (Lemire, Kaser and Kurz, 2019).
/// A division would take longer than all the rest of what takes an object back.
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

/// The pages of a slab of objects of `size` bytes: enough for [`OBJECTS`], and then as few more as
/// leave at most a twenty-fifth over, or the number that leaves the least.
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

/// The largest chunk that a thread keeps, in bytes of payload asked for.
pub(crate) const LARGEST_MEDIUM: usize = 32 << 10;

/// Classes of kept chunks a doubling, as a power of two.
const STEPS: u32 = 3;

/// The least size of a kept chunk, in granules: that of the first request above [`LARGEST`].
#[expect(clippy::cast_possible_truncation, reason = "it is small")]
const LEAST_MEDIUM: u32 = (LARGEST / GRANULE) as u32;

/// How many classes of kept chunks there are.
pub(crate) const MEDIUM_CLASSES: usize = medium_number(medium_granules(LARGEST_MEDIUM)) + 1;

/// A class of chunks that a thread keeps.
///
/// # Invariant
///
/// It is below [`MEDIUM_CLASSES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MediumClass(u8);

impl MediumClass {
    /// The class whose chunks a layout takes, which is that of no slab; `None` for what threads do
    /// not keep.
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

    /// Its number.
    #[inline]
    pub(crate) const fn number(self) -> usize {
        self.0 as usize
    }

    /// The class of that number, if there is one.
    pub(crate) const fn at(number: usize) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "below the number of classes")]
        if number < MEDIUM_CLASSES { Some(Self(number as u8)) } else { None }
    }

    /// The chunk that serves the class.
    #[inline]
    pub(crate) const fn request(self) -> Request {
        Request { need: self.granules(), align: 1 }
    }

    /// The bytes that are counted for one of its chunks.
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

/// The granules of a chunk for `size` bytes, rounded up to its class.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "sizes here are below 64 KiB")]
const fn medium_granules(size: usize) -> u32 {
    let need = ((size + WORD).div_ceil(GRANULE)) as u32;
    let step = 1 << (need.ilog2() - STEPS);
    (need + step - 1) & !(step - 1)
}

/// The number of the class whose chunks have exactly `granules`.
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
