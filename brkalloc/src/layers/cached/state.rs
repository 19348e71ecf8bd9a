//! The state of a page in the map, packed into two words.
//!
//! ```text
//!   objects | used: 16 | free: 16 |
//!   kind    | back: 8 | class and 1: 8 | fresh: 16 |      zeros: no slab
//! ```

use super::class::Class;
use super::map::Slab;

/// One page: its slab, its distance from the slab's first page, and how many of the slab's objects
/// are in use, free and fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) objects: u32,
    pub(super) kind: u32,
}

pub(super) const CLASS: u32 = 16;
const BACK: u32 = 24;

impl State {
    pub(super) const CHUNKS: Self = Self { objects: 0, kind: 0 };

    pub(super) fn of(slab: Slab) -> Self {
        let kind = Self::of_class(slab.class).kind | u32::from(slab.fresh);
        Self { kind, ..Self::CHUNKS }.with(slab.free, slab.used)
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are few classes")]
    pub(super) fn of_class(class: Class) -> Self {
        Self { kind: (class.number() as u32 + 1) << CLASS, ..Self::CHUNKS }
    }

    /// The page `back` pages behind the first of its slab.
    pub(super) fn behind(self, back: u32) -> Self {
        Self { kind: self.kind | back << BACK, ..self }
    }

    /// This state with `free` as first free object and `used` objects in use.
    #[inline]
    pub(super) fn with(self, free: u16, used: u16) -> Self {
        Self { objects: u32::from(used) << 16 | u32::from(free), ..self }
    }

    /// The slab's class; `None` if the page belongs to no slab.
    #[inline]
    pub(super) fn class(self) -> Option<Class> {
        let number = usize::from(self.kind.to_le_bytes()[2]);
        Class::at(number.checked_sub(1)?)
    }

    /// The page's distance from the first page of its slab, in pages.
    #[inline]
    pub(super) fn back(self) -> u8 {
        self.kind.to_le_bytes()[3]
    }

    /// As in [`Slab`], like the next two.
    #[inline]
    pub(super) fn free(self) -> u16 {
        halves(self.objects)[0]
    }

    #[inline]
    pub(super) fn used(self) -> u16 {
        halves(self.objects)[1]
    }

    #[inline]
    pub(super) fn fresh(self) -> u16 {
        halves(self.kind)[0]
    }
}

/// The lower and the upper half of a word.
#[inline]
const fn halves(word: u32) -> [u16; 2] {
    [(word & 0xffff) as u16, (word >> 16) as u16]
}
