//! The name of a chunk: how far its payload lies above the origin, in granules.
//!
//! Offset 0 is below the first chunk, so it stands for *none*, and a link takes four bytes. This module
//! knows no memory: it adds, subtracts and compares.

use crate::arena::tag::{MIN_GRANULES, Tag};
use core::num::NonZeroU32;

/// The name of a chunk: the granule offset of its payload.
///
/// # Invariant
///
/// A handle is used with the window that it came from only, and names a place from that window's
/// first payload to where its end tag may come; whoever looks at a tag or a link there, of a chunk, has
/// one that is no higher than the end tag. It was made by safe code that compares with another place
/// ([`above`](Chunk::above), [`Window::place`](super::Window::place)), by unsafe code that says where it is, or read from a
/// link. Links are written by the heap alone, into memory that no program may use; a heap that does not
/// rely on programs looks at each link that it follows ([`Window::check_link`](super::Window::check_link)). A handle is good until
/// its chunk is split, merged or taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Chunk(NonZeroU32);

/// A chunk's name, or none.
pub(crate) type Link = Option<Chunk>;

impl Chunk {
    /// The lowest chunk of every window.
    pub(crate) const FIRST: Self = Self(NonZeroU32::MIN);

    /// The place just above a chunk of this tag here, if the size is one for a chunk and that place is
    /// no higher than `limit`. With a reserved bit of the tag set, it never is.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it is no higher than another place")]
    pub(crate) fn above(self, tag: Tag, limit: Self) -> Option<Self> {
        let offset = self.offset() as usize + tag.reach();
        if tag.reach() < MIN_GRANULES as usize || (limit.offset() as usize) < offset {
            return None;
        }
        // SAFETY: it is no less than this place's offset, which is not 0.
        Some(Self(unsafe { NonZeroU32::new_unchecked(offset as u32) }))
    }

    /// The place `granules` above this one: of the next chunk, if that is this one's size.
    ///
    /// # Safety
    ///
    /// It is no higher than where the window's end tag may come.
    #[inline]
    pub(crate) const unsafe fn plus(self, granules: u32) -> Self {
        // SAFETY: by the contract, the sum is a granule offset.
        let offset = unsafe { self.0.get().unchecked_add(granules) };
        // SAFETY: it is no less than this place's, which is not 0.
        Self(unsafe { NonZeroU32::new_unchecked(offset) })
    }

    /// The place `granules` below this one.
    ///
    /// # Safety
    ///
    /// It is no lower than the first.
    #[inline]
    pub(crate) const unsafe fn minus(self, granules: u32) -> Self {
        // SAFETY: by the contract, the difference is a granule offset.
        let offset = unsafe { self.0.get().unchecked_sub(granules) };
        // SAFETY: by the contract, it is not 0.
        Self(unsafe { NonZeroU32::new_unchecked(offset) })
    }

    /// The granule offset.
    #[inline]
    pub(crate) const fn offset(self) -> u32 {
        self.0.get()
    }

    /// The place at granule offset `offset`.
    ///
    /// # Safety
    ///
    /// As for [`at`](Chunk::at); it is not 0.
    #[inline]
    pub(super) const unsafe fn of(offset: u32) -> Self {
        // SAFETY: by the contract, it is not 0.
        Self(unsafe { NonZeroU32::new_unchecked(offset) })
    }

    /// The place at granule offset `offset`, unless that is 0.
    ///
    /// # Safety
    ///
    /// It is no higher than where the end tag may come, of the window with which it is used.
    pub(crate) const unsafe fn at(offset: u32) -> Link {
        match NonZeroU32::new(offset) {
            Some(offset) => Some(Self(offset)),
            None => None,
        }
    }

    /// The granules from this place up to `upper`.
    #[inline]
    pub(crate) const fn until(self, upper: Self) -> u32 {
        upper.0.get().wrapping_sub(self.0.get())
    }
}

/// A chunk in a tree, with its size, or no chunk and 0: half of a free chunk's links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(8))]
pub(crate) struct SizedLink {
    pub(crate) chunk: Link,
    pub(crate) granules: u32,
}

/// The links of a free chunk in a tree: what is on its left, and on its right.
pub(crate) type Node = [SizedLink; 2];

const _: () = assert!(size_of::<Node>() == 16, "a node is four links");

impl SizedLink {
    pub(crate) const NONE: Self = Self { chunk: None, granules: 0 };

    #[inline]
    pub(crate) const fn of(chunk: Chunk, granules: u32) -> Self {
        Self { chunk: Some(chunk), granules }
    }
}
