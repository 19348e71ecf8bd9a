//! The tag: one word that holds a chunk's size and the state of its neighborhood.
//!
//! ```text
//!   63                    36 35                              4   3   2   1   0
//!  +------------------------+--------------------------------+-------+---+---+
//!  | reserved, or checksum  | size in granules, 32 bits      | rsvd  | P | U |
//!  +------------------------+--------------------------------+-------+---+---+
//!                                                                      |   +-- the chunk is in use
//!                                                                      +------ the chunk below is in use
//! ```
//!
//! On 32-bit targets the size has the upper 28 bits, which cover the address space. Reserved bits
//! are zero, except for the checksum that a heap with `harden = "full"` puts into the upper 28 bits
//! of a tag in memory. Because a granule is sixteen bytes, the word without its flags is the size
//! in bytes. On microcontrollers of 32 bits a granule is eight bytes, and the least chunk three of them:
//! a tag, four links, and the footer, as elsewhere. There the size has the upper 29 bits. Only this module knows the bits. It does no pointer arithmetic and has no `unsafe`.

use core::fmt;

/// Size and flags of one chunk.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Tag(usize);

/// Whether a word is a quarter of sixteen bytes, and memory scarce: on microcontrollers of 32 bits.
const IS_TIGHT: bool = cfg!(all(target_os = "none", target_pointer_width = "32"));

/// The unit of chunk sizes, in bytes: as much as the primitive types of a target are aligned to, or more.
pub(crate) const GRANULE: usize = if IS_TIGHT { 8 } else { 16 };

/// Bytes of a tag, and of a free chunk's footer, which repeats the size.
pub(crate) const WORD: usize = size_of::<Tag>();

/// The minimum size of a chunk: a tag, four links, and the footer.
pub(crate) const MIN_GRANULES: u32 = if IS_TIGHT { 3 } else { 2 };

const USED: usize = 1 << 0;
const PREV_USED: usize = 1 << 1;
const SHIFT: u32 = GRANULE.ilog2();

/// The bits of a checksum: those above a size. None on targets where sizes cover the address space.
const CHECKSUM: usize = if usize::BITS == 64 { !(usize::MAX >> 28) } else { 0 };

impl Tag {
    /// Returns the tag above the arena's last chunk: in use, so that nothing merges with it, and
    /// without size.
    pub(crate) const fn end(prev_used: bool) -> Self {
        Self::free(0, prev_used).used()
    }

    /// Returns the tag of a free chunk of `granules`.
    pub(crate) const fn free(granules: u32, prev_used: bool) -> Self {
        let flags = if prev_used { PREV_USED } else { 0 };
        Self((granules as usize) << SHIFT | flags)
    }

    /// Returns this tag, marked as in use.
    pub(crate) const fn used(self) -> Self {
        Self(self.0 | USED)
    }

    /// Returns this tag, marked as free.
    pub(crate) const fn freed(self) -> Self {
        Self(self.0 & !USED)
    }

    /// Returns this tag for a place above a used or a free chunk.
    pub(crate) const fn above(self, prev_used: bool) -> Self {
        let flags = if prev_used { PREV_USED } else { 0 };
        Self(self.0 & !PREV_USED | flags)
    }

    /// Returns this tag with another size.
    pub(crate) const fn resized(self, granules: u32) -> Self {
        Self((granules as usize) << SHIFT | self.0 & (USED | PREV_USED))
    }

    /// Returns this tag with the bits of `checksum` that it has room for.
    #[expect(clippy::cast_possible_truncation, reason = "those are the lower half of less")]
    pub(crate) const fn with_checksum(self, checksum: u64) -> Self {
        Self(self.0 | checksum as usize & CHECKSUM)
    }

    /// Returns this tag without a checksum.
    pub(crate) const fn bare(self) -> Self {
        Self(self.0 & !CHECKSUM)
    }

    /// Returns all of its bits.
    pub(crate) const fn word(self) -> usize {
        self.0
    }

    /// Returns the chunk's size in granules, tag included.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the size has 32 bits; the rest is reserved"
    )]
    pub(crate) const fn granules(self) -> u32 {
        (self.0 >> SHIFT) as u32
    }

    /// Whether the chunk is in use.
    pub(crate) const fn is_used(self) -> bool {
        self.0 & USED != 0
    }

    /// Whether the chunk is free, the one below is in use exactly if `prev_used`, and no reserved
    /// bit beside the flags is set.
    pub(crate) const fn is_plainly_free(self, prev_used: bool) -> bool {
        self.0 % GRANULE == if prev_used { PREV_USED } else { 0 }
    }

    /// Whether this is the tag of a free chunk of `granules` above a used one.
    pub(crate) const fn is_free_of(self, granules: usize) -> bool {
        self.0 == granules << SHIFT | PREV_USED
    }

    /// Whether the chunk is in use and no reserved bit beside the flags is set.
    pub(crate) const fn is_plainly_used(self) -> bool {
        (self.0 % GRANULE) & !PREV_USED == USED
    }

    /// Returns the chunk's size in granules, with the reserved bits above it: more than any window
    /// has, unless they are zero.
    pub(crate) const fn reach(self) -> usize {
        self.0 >> SHIFT
    }

    /// Whether the chunk just below is in use.
    pub(crate) const fn is_prev_used(self) -> bool {
        self.0 & PREV_USED != 0
    }
}

const _: () = {
    assert!(GRANULE.is_power_of_two());
    assert!((USED | PREV_USED) >> SHIFT == 0, "the flags fit below the size");
    assert!(
        WORD + 16 + WORD <= MIN_GRANULES as usize * GRANULE,
        "tag, links and size fit the smallest chunk"
    );
    assert!(WORD < GRANULE, "a payload leaves room for its tag within a granule");
};

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_used() { "used" } else { "free" };
        let prev = if self.is_prev_used() { "used" } else { "free" };
        write!(f, "{state}, {} granules (below: {prev})", self.granules())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_survives_every_change_of_flags() {
        for granules in [0, 1, 2, 1 << 20, u32::MAX >> 4] {
            let tag = Tag::free(granules, true);
            assert_eq!(tag.used().above(false).granules(), granules);
            assert!(!tag.is_used() && tag.is_prev_used());
            assert!(tag.used().is_used() && !tag.above(false).is_prev_used());
        }
    }

    #[test]
    fn a_checksum_changes_nothing_else() {
        let tag = Tag::free(u32::MAX >> 4, true).used();
        let marked = tag.with_checksum(u64::MAX);
        assert_eq!((marked.bare(), marked.granules()), (tag, tag.granules()));
        let room = if usize::BITS == 64 { 28 } else { 0 };
        assert_eq!((marked.word() ^ tag.word()).count_ones(), room);
    }

    #[test]
    fn resizing_keeps_the_flags() {
        let tag = Tag::free(7, true).used().resized(9);
        assert_eq!((tag.granules(), tag.is_used(), tag.is_prev_used()), (9, true, true));
    }
}
