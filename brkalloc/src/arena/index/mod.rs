//! Indexes: how the heap keeps and finds free chunks.
//!
//! Only policy and order decide which chunk a request gets; an index only decides how fast. So
//! [`List`] and [`Tree`] return the same address for every request of every trace, and a test holds
//! them to it. An index knows all free chunks except the top, and no used ones; its links lie in
//! the free chunks themselves.

mod bins;
mod list;
mod sequence;
mod tree;

pub use bins::{Bins, classes};
pub use list::List;
pub use tree::{Links, Planted, Tree};

pub(crate) use operations::Operations;

use crate::arena::chunk::{Chunk, Window};
use crate::arena::tag::{GRANULE, MIN_GRANULES, WORD};
use core::alloc::Layout;

/// How the heap keeps and finds free chunks, and by which policy and order.
///
/// Only [`List`], [`Tree`] and [`Bins`] implement it.
pub trait Index: Operations + 'static {
    /// The word, or the path, that names the policy in an attribute.
    const POLICY: &'static str;
    /// Whether it is a path.
    const BY_PATH: bool = false;
    /// The word that names the order in an attribute.
    const ORDER: &'static str;
    /// The word that names the index in an attribute; `None` where the policy leaves no choice.
    const INDEX: Option<&'static str>;
}

/// The greatest alignment that a heap serves, in bytes: the same as `System`'s.
pub(crate) const GREATEST_ALIGNMENT: usize = 1 << 29;

/// The greatest size that a heap serves, in bytes: the payload of as many granules as have a place
/// below an end tag, or half of the address space.
#[expect(clippy::cast_possible_truncation, reason = "compared with what an address reaches")]
const GREATEST_SIZE: usize = {
    let granules = u32::MAX as u64 - 1;
    let bytes = granules * GRANULE as u64 - WORD as u64;
    if bytes < isize::MAX as u64 { bytes as usize } else { isize::MAX as usize - GRANULE }
};

const _: () = assert!(MIN_GRANULES <= 3, "one granule, and two of alignment, are a chunk");

/// The bytes added to a size so that whole granules hold it and its tag.
const ROUND_UP: usize = WORD + GRANULE - 1;

/// A request, as a search sees it: the chunk that it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The chunk's size in granules: payload and tag.
    pub(crate) need: u32,
    /// Alignment of the payload, in granules; 1 for all up to a granule.
    pub(crate) align: u32,
}

impl Request {
    /// Returns the bytes of the chunk that the request takes: those asked for and a tag, in whole
    /// granules of 16 bytes, at least 32; on microcontrollers of 32 bits, of 8 bytes, at least 24.
    #[must_use]
    pub const fn size(self) -> usize {
        self.need as usize * GRANULE
    }

    /// Returns the alignment of the payload, in bytes; a granule for all up to that.
    #[must_use]
    pub const fn align(self) -> usize {
        self.align as usize * GRANULE
    }

    /// Returns the request for `layout`, or `None` if no window could hold it.
    #[inline]
    pub(crate) const fn of(layout: Layout) -> Option<Self> {
        Self::new(layout.size(), layout.align())
    }

    /// Returns the request for `size` bytes at a multiple of `align`.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "compared with the type's range just before"
    )]
    pub(crate) const fn new(size: usize, align: usize) -> Option<Self> {
        if GREATEST_SIZE < size {
            return None;
        }
        let granules = ((size + ROUND_UP) / GRANULE) as u32;
        let need = if granules < MIN_GRANULES { MIN_GRANULES } else { granules };
        if align <= GRANULE {
            return Some(Self { need, align: 1 });
        }
        if GREATEST_ALIGNMENT < align {
            return None;
        }
        Some(Self { need, align: (align / GRANULE) as u32 })
    }

    /// Returns the least padding, in granules, that aligns the payload of a chunk at `chunk` and is
    /// either nothing or large enough for a chunk.
    #[inline]
    pub(crate) fn padding<C>(self, window: Window<C>, chunk: Chunk) -> u32 {
        if self.align <= 1 {
            return 0;
        }
        let mask = self.align as usize - 1;
        let misaligned = (window.payload(chunk).addr() / GRANULE) & mask;
        let padding = (self.align as usize - misaligned) & mask;
        let is_too_small = 0 < padding && padding < MIN_GRANULES as usize;
        let padding = if is_too_small { padding + self.align as usize } else { padding };
        u32::try_from(padding).unwrap_or(u32::MAX)
    }

    /// Returns the padding with which a chunk of `granules` at `chunk` fits the request, if it
    /// does.
    #[inline]
    pub(crate) fn fit<C>(self, window: Window<C>, chunk: Chunk, granules: u32) -> Option<u32> {
        let spare = granules.checked_sub(self.need)?;
        let padding = self.padding(window, chunk);
        (padding <= spare).then_some(padding)
    }
}

/// The chunk that a search found.
///
/// # Invariant
///
/// The padding and what the request needs are together at most `granules`.
#[derive(Clone, Copy, Debug)]
pub struct Fit<P> {
    pub(crate) chunk: Chunk,
    /// The chunk's size.
    pub(crate) granules: u32,
    /// The granules to cut from its low end.
    pub(crate) padding: u32,
    /// Where the index keeps it, if that saves a second search.
    pub(crate) place: P,
}

/// The pieces of a split chunk that stay free, each with its granules.
#[derive(Clone, Copy, Debug)]
pub struct Pieces {
    /// At the chunk's own place.
    pub(crate) lower: Option<u32>,
    /// Above the part taken.
    pub(crate) upper: Option<(Chunk, u32)>,
}

/// Free neighbors that a freed chunk merges with, each with its granules.
#[derive(Clone, Copy, Debug)]
pub struct Neighbors {
    pub(crate) lower: Option<(Chunk, u32)>,
    pub(crate) upper: Option<(Chunk, u32)>,
}

impl Neighbors {
    /// Returns the granules of those that have `least` or more.
    #[inline]
    pub(crate) fn granules_from(&self, least: u32) -> u32 {
        [self.lower, self.upper]
            .into_iter()
            .flatten()
            .map(|(_, granules)| granules)
            .filter(|granules| least <= *granules)
            .sum()
    }
}

mod operations {
    use super::{Chunk, Fit, Neighbors, Pieces, Request, Window};
    use crate::arena::check::{Census, Corruption};
    use crate::arena::params::Params;
    use core::ptr::NonNull;

    /// The operations that a heap needs of its index. Private: users select an index and cannot
    /// write one.
    pub trait Operations: Sized {
        /// An index without chunks.
        const EMPTY: Self;

        /// Whether a search runs code of the user's.
        const RUNS_OTHERS: bool = false;

        /// The greatest granule offset of an end tag.
        const MAX_OFFSET: u32 = u32::MAX;

        /// Returns the bytes that the index uses beside a window that ends at granule offset `end`;
        /// 0 for an index that never does.
        fn room(_end: u32) -> usize {
            0
        }

        /// Returns the room that the index has, and its size.
        fn furnished(&self) -> Option<(NonNull<u8>, usize)> {
            None
        }

        /// Gives an empty index `size` bytes of room beside its window.
        ///
        /// # Safety
        ///
        /// `room` is a multiple of 4096. The bytes are valid for reads and writes, read as zero, and
        /// only this index uses them. They are as many as [`room`](Operations::room) returns for the
        /// window's end, or more; the same holds for every end that the window moves to.
        unsafe fn furnish(&mut self, _room: NonNull<u8>, _size: usize) {}

        /// Lets the index find its room elsewhere.
        ///
        /// # Safety
        ///
        /// As for [`furnish`](Operations::furnish), but that the first bytes are those of the room
        /// that the index had.
        unsafe fn move_to(&mut self, _room: NonNull<u8>, _size: usize) {}

        /// Where the index found a chunk.
        type Position: Copy;

        /// Finds the chunk that the policy takes for `request`, and its padding.
        fn find<C: Params>(
            &self,
            window: Window<C>,
            request: Request,
            counters: &mut C::Counters,
        ) -> Option<Fit<Self::Position>>;

        /// Whether [`find_elsewhere`](Operations::find_elsewhere) is known to fail, too.
        #[inline]
        fn is_searched(&self, _: Request) -> bool {
            true
        }

        /// Whether [`repeats`](Operations::repeats) may be true.
        const REPEATS: bool = false;

        /// Whether a chunk that [`find`](Operations::find) found and that was just taken, if it is freed
        /// next and merged with what was left of it, is what the same request finds. Its links are still
        /// those that it had.
        #[inline]
        fn repeats<C: Params>(&self, _: Window<C>, _taken: Chunk) -> bool {
            Self::REPEATS
        }

        /// Searches where [`find`](Operations::find) did not: for an index that looks first where
        /// the answer most often is.
        #[inline]
        fn find_elsewhere<C: Params>(
            &self,
            _: Window<C>,
            _: Request,
            _: &mut C::Counters,
        ) -> Option<Fit<Self::Position>> {
            None
        }

        /// Inserts a newly freed chunk.
        fn insert<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32);

        /// Removes a chunk that becomes part of another.
        fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32);

        /// Unlinks a neighbor of a chunk that is being freed, before [`merge`](Operations::merge):
        /// for an index that gains nothing from seeing all of them at once.
        #[inline]
        fn unlink_neighbor<C: Params>(&mut self, _: Window<C>, _: Chunk, _: u32) {}

        /// Replaces the neighbors by the freed chunk that they are part of now.
        #[inline]
        fn merge<C: Params>(
            &mut self,
            window: Window<C>,
            neighbors: Neighbors,
            merged: (Chunk, u32),
        ) {
            for (chunk, granules) in neighbors.lower.into_iter().chain(neighbors.upper) {
                self.remove(window, chunk, granules);
            }
            self.insert(window, merged.0, merged.1);
        }

        /// Splits a chunk that a search found: replaces it by `pieces`.
        fn split<C: Params>(&mut self, window: Window<C>, fit: Fit<Self::Position>, pieces: Pieces);

        /// Splits a chunk that [`find`](Operations::find) found for a request without an alignment.
        /// At most its upper part stays free.
        #[inline]
        fn split_found<C: Params>(
            &mut self,
            window: Window<C>,
            fit: Fit<Self::Position>,
            upper: Option<(Chunk, u32)>,
        ) {
            self.split(window, fit, Pieces { lower: None, upper });
        }

        /// Shrinks `chunk` to `rest`, its upper end, because the block below has grown into it.
        fn shrink<C: Params>(
            &mut self,
            window: Window<C>,
            chunk: Chunk,
            granules: u32,
            rest: Option<(Chunk, u32)>,
        );

        /// Forgets every chunk, before a pass appends them again.
        fn clear(&mut self) {
            *self = Self::EMPTY;
        }

        /// Inserts a chunk that lies above all others, before [`finish`](Operations::finish).
        fn append<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
            self.insert(window, chunk, granules);
        }

        /// Puts the appended chunks into address order.
        fn finish<C: Params>(&mut self, _: Window<C>) {}

        /// Walks the index and counts its chunks.
        fn check<C: Params>(&self, window: Window<C>) -> Result<Census, Corruption>;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_counts_its_tag_and_rounds_up() {
        let need = |size| Request::new(size, 1).expect("it fits").need;
        // The payloads of two and three granules, and one byte more each.
        let (two, three) = (2 * GRANULE - WORD, 3 * GRANULE - WORD);
        assert_eq!([0, 1, two, two + 1, three, three + 1].map(need), [2, 2, 2, 3, 3, 4]);
    }

    #[test]
    fn what_no_window_holds_is_no_request() {
        assert_eq!(Request::new(isize::MAX.unsigned_abs(), 1), None);
        assert_eq!(Request::new(usize::MAX, 1), None);
        assert_eq!(Request::new(1, 1 << 30), None);
        assert!(Request::new(1, 1 << 29).is_some());
    }
}
