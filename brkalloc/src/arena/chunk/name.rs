//! The name of a chunk: its payload's distance above the origin, in granules.
//!
//! Offset 0 is below the first chunk, so it stands for *none*, and a link takes four bytes. This
//! module knows no memory: it adds, subtracts and compares.

use crate::arena::tag::{MIN_GRANULES, Tag};
use core::num::NonZeroU32;

/// The name of a chunk: the granule offset of its payload.
///
/// # Invariant
///
/// A handle is only used with the window that it came from. It names a place from that window's
/// first payload up to where its end tag may come. Whoever reads a tag has a handle no higher
/// than the end tag; whoever reads links, one below it. Handles come from safe code that compares with another place
/// ([`above`](Chunk::above), [`Window::place`](super::Window::place)), from unsafe code that proves
/// the place, or from a link. Only the heap writes links, into memory that no program may use. A
/// heap that does not rely on programs verifies each link that it follows
/// ([`Window::check_link`](super::Window::check_link)). A handle is valid until its chunk is split,
/// merged or taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Chunk(NonZeroU32);

/// A chunk's name, or none.
pub(crate) type Link = Option<Chunk>;

impl Chunk {
    /// The lowest chunk of every window.
    pub(crate) const FIRST: Self = Self(NonZeroU32::MIN);

    /// Returns the place just above a chunk of this tag here, if the size is a chunk's and that
    /// place is no higher than `limit`. A tag with a reserved bit set never passes.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it is no higher than another place")]
    pub(crate) fn above(self, tag: Tag, limit: Self) -> Option<Self> {
        let offset = self.offset() as usize + tag.reach();
        if tag.reach() < MIN_GRANULES as usize || (limit.offset() as usize) < offset {
            return None;
        }
        // SAFETY: the sum is no less than this place's offset, which is not 0.
        Some(Self(unsafe { NonZeroU32::new_unchecked(offset as u32) }))
    }

    /// Returns the place `granules` above this one: that of the next chunk, if that is this one's
    /// size.
    ///
    /// # Safety
    ///
    /// The place is no higher than where the window's end tag may come.
    #[inline]
    pub(crate) const unsafe fn plus(self, granules: u32) -> Self {
        // SAFETY: by the contract, the sum is a granule offset.
        let offset = unsafe { self.0.get().unchecked_add(granules) };
        // SAFETY: the sum is no less than this place's offset, which is not 0.
        Self(unsafe { NonZeroU32::new_unchecked(offset) })
    }

    /// Returns the place `granules` below this one.
    ///
    /// # Safety
    ///
    /// The place is no lower than the first.
    #[inline]
    pub(crate) const unsafe fn minus(self, granules: u32) -> Self {
        // SAFETY: by the contract, the difference is a granule offset.
        let offset = unsafe { self.0.get().unchecked_sub(granules) };
        // SAFETY: by the contract, it is not 0.
        Self(unsafe { NonZeroU32::new_unchecked(offset) })
    }

    /// Returns the granule offset.
    #[inline]
    pub(crate) const fn offset(self) -> u32 {
        self.0.get()
    }

    /// Returns the place at granule offset `offset`.
    ///
    /// # Safety
    ///
    /// As for [`at`](Chunk::at); the offset is not 0.
    #[inline]
    pub(super) const unsafe fn of(offset: u32) -> Self {
        // SAFETY: by the contract, it is not 0.
        Self(unsafe { NonZeroU32::new_unchecked(offset) })
    }

    /// Returns the place at granule offset `offset`, or `None` for 0.
    ///
    /// # Safety
    ///
    /// The place is no higher than where the end tag may come, in the window that it is used with.
    pub(crate) const unsafe fn at(offset: u32) -> Link {
        match NonZeroU32::new(offset) {
            Some(offset) => Some(Self(offset)),
            None => None,
        }
    }

    /// Returns the granules from this place up to `upper`.
    #[inline]
    pub(crate) const fn until(self, upper: Self) -> u32 {
        upper.0.get().wrapping_sub(self.0.get())
    }
}

/// A link of a tree: a chunk with its size, or no chunk and 0. Half of a free chunk's links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(8))]
pub(crate) struct SizedLink {
    pub(crate) chunk: Link,
    pub(crate) granules: u32,
}

/// The links of a free chunk in a tree: its left and its right child.
pub(crate) type Node = [SizedLink; 2];

const _: () = assert!(size_of::<Node>() == 16, "a node is four links");

impl SizedLink {
    pub(crate) const NONE: Self = Self { chunk: None, granules: 0 };

    #[inline]
    pub(crate) const fn of(chunk: Chunk, granules: u32) -> Self {
        Self { chunk: Some(chunk), granules }
    }
}
