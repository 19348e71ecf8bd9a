//! A table beside the window: which granules begin a free chunk and, in levels of sixteen above
//! that, how large the largest is.
//!
//! ```text
//!   level 3   |  9 |  4 | …                   a line: the size of the largest chunk of each of
//!              /    \                         sixteen nodes, 4 MiB in all
//!   level 2   |  9 |  7 |  0 | …   |  4 | …   256 KiB
//!              /    \
//!   level 1   |  9 |  2 | …   |  0 |  7 | …   a group of sixteen regions of 1 KiB
//!              /
//!   a region  0 0 1 0 0 0 0 0 1 …             a bit a granule: a free chunk begins here; its size
//!                                             is in its tag
//!
//!   records   | level 1 | the regions' bits   | a line of a level above | next record …
//!             '- 64 B --'------ 128 B --------'--------- 64 B ----------'
//! ```
//!
//! Each group has a record, four cache lines for 16 KiB of window: 1/64. Its last line is room for
//! one node above level 1: node n of level k is in record 16^(k−1) n + k − 2, and no other node has
//! that record, because the remainder determines the level. So the nodes of a small window lie in
//! its first records, and a table takes only the pages that its window uses.
//!
//! Only the heap uses the table's memory, and no block lies there: a program has no links to
//! overwrite. Tags still lie beside a program's blocks, so the heap checks them where it reads
//! them.
//!
//! *Bound.* A window of w granules has ⌈log₁₆ (w / 64)⌉ levels: 2 for 64 KiB, 7 for 64 GiB. A
//! search or a change goes once up and once down, one line per level, and looks at the chunks of
//! two regions, at most 32 in each. For alignments above a granule this holds for each candidate
//! that is large enough but whose padding does not fit.
//!
//! Where a window has no room beside it, [`Links`](super::links::Links) do the same.

mod check;
mod search;

use crate::arena::chunk::{Chunk, Window};
use crate::arena::params::Params;
use core::ptr::NonNull;

/// Entries of a line, and how many bits count them.
const WIDTH: u32 = 16;
const DIGIT: u32 = WIDTH.ilog2();

/// Granules of a region, and how many bits count them.
const REGION: u32 = u64::BITS;
const WITHIN: u32 = REGION.ilog2();

/// The granules of the largest chunk below each of sixteen nodes; 0 where there is none.
///
/// Signed, because the machine compares several signed numbers at once, and so at most [`MOST`]. At
/// most one chunk of a window has more, so the entries still show which of two chunks is larger.
type Line = [i32; WIDTH as usize];

/// The greatest entry: a chunk of this many granules, or of more.
const MOST: i32 = i32::MAX;

/// Returns the entry for a chunk of `granules`.
#[inline]
fn said(granules: u32) -> i32 {
    i32::try_from(granules).unwrap_or(MOST)
}

/// The entries and bits for 16 KiB of the window.
#[repr(C, align(256))]
struct Record {
    largest: Line,
    begins: [u64; WIDTH as usize],
    upper: Line,
}

const _: () = assert!(size_of::<Record>() == 256, "a record is four cache lines");

/// Records beyond those of a window's groups, so that the first node of each level has one.
const SPARE: usize = 6;

/// Returns the bytes of the records for a window that ends at granule offset `end`.
pub(super) const fn bytes(end: u32) -> usize {
    ((end >> (WITHIN + DIGIT)) as usize + 1 + SPARE) * size_of::<Record>()
}

/// The free chunks of a window, in records beside it.
///
/// # Invariant
///
/// The records for every place of the window are valid for reads and writes, and only this table
/// uses them. A bit is set for each chunk in the table, and for no other place. An entry of a line
/// is the size of the largest chunk below it. The line on level `height` covers all chunks in the
/// table. Lines above it are zero, and so is every entry with no chunk below it.
#[derive(Debug)]
pub struct Table {
    records: NonNull<Record>,
    /// The bytes at `records`.
    size: usize,
    height: u32,
    /// The size of the largest chunk.
    largest: i32,
}

impl Table {
    /// Returns an empty table over `size` bytes at `room`.
    ///
    /// # Safety
    ///
    /// `room` is a multiple of 4096. The bytes are valid for reads and writes, read as zero, and
    /// only this table uses them. They are as many [`bytes`] as the window's end needs, or more,
    /// before it moves there.
    pub(super) unsafe fn over(room: NonNull<u8>, size: usize) -> Self {
        Self { records: room.cast(), size, height: 1, largest: 0 }
    }

    /// Returns the memory of the records, and its size.
    pub(super) fn room(&self) -> (NonNull<u8>, usize) {
        (self.records.cast(), self.size)
    }

    /// Lets the table find its records at `room`, of `size` bytes.
    ///
    /// # Safety
    ///
    /// As for [`over`](Table::over), but that the first bytes are those of the room before.
    pub(super) unsafe fn move_to(&mut self, room: NonNull<u8>, size: usize) {
        (self.records, self.size) = (room.cast(), size);
    }

    #[inline]
    fn record(&self, number: u32) -> *mut Record {
        self.records.as_ptr().wrapping_add(number as usize)
    }

    /// Returns the line of a node: the entries for its sixteen parts.
    #[inline]
    fn line(&self, level: u32, node: u32) -> *mut Line {
        if level == 1 {
            self.record(node).cast()
        } else {
            let record = self.record((node << (DIGIT * (level - 1))) + level - 2);
            record.cast::<Line>().wrapping_add(size_of::<Record>() / size_of::<Line>() - 1)
        }
    }

    /// Returns a copy of a node's line, for a search.
    #[inline]
    fn entries(&self, level: u32, node: u32) -> Line {
        // SAFETY: by the invariant, the record of a node that covers a place of the window is valid
        // for reads; a line is aligned as a record is.
        unsafe { self.line(level, node).read() }
    }

    /// Returns the entry for a node, or for a region on level 0: where its parent keeps it.
    #[inline]
    fn entry(&self, level: u32, node: u32) -> *mut i32 {
        let line = self.line(level + 1, node >> DIGIT);
        line.cast::<i32>().wrapping_add((node % WIDTH) as usize)
    }

    #[inline]
    fn size(&self, level: u32, node: u32) -> i32 {
        // SAFETY: as in `entries`.
        unsafe { self.entry(level, node).read() }
    }

    #[inline]
    fn set_size(&mut self, level: u32, node: u32, granules: i32) {
        // SAFETY: by the invariant, the record is valid for writes too, and only this table uses
        // it.
        unsafe { self.entry(level, node).write(granules) }
    }

    #[inline]
    fn word(&self, region: u32) -> *mut u64 {
        let words = self.record(region >> DIGIT).cast::<u64>();
        words.wrapping_add(size_of::<Line>() / size_of::<u64>() + (region % WIDTH) as usize)
    }

    /// Returns the places of a region where a free chunk begins, as bits.
    #[inline]
    fn begins(&self, region: u32) -> u64 {
        // SAFETY: as in `entries`.
        unsafe { self.word(region).read() }
    }

    #[inline]
    fn set_begins(&mut self, region: u32, begins: u64) {
        // SAFETY: as in `set_size`.
        unsafe { self.word(region).write(begins) }
    }

    /// Raises the table until it covers `chunk`.
    #[inline]
    fn reach(&mut self, chunk: Chunk) {
        if u64::from(chunk.offset()) >> (WITHIN + DIGIT * self.height) != 0 {
            self.rise(chunk);
        }
    }

    #[cold]
    fn rise(&mut self, chunk: Chunk) {
        while u64::from(chunk.offset()) >> (WITHIN + DIGIT * self.height) != 0 {
            self.set_size(self.height, 0, self.largest);
            self.height += 1;
        }
    }

    /// Inserts a chunk.
    #[inline]
    pub(super) fn insert(&mut self, chunk: Chunk, granules: u32) {
        self.reach(chunk);
        let (region, bit) = place_of(chunk);
        self.set_begins(region, self.begins(region) | bit);
        self.raise(region, said(granules));
    }

    /// Removes a chunk.
    #[inline]
    pub(super) fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        let (region, bit) = place_of(chunk);
        let others = self.begins_with(window, chunk) & !bit;
        self.set_begins(region, others);
        let was = said(granules);
        if self.size(0, region) == was {
            // SAFETY: the bits are this table's for the region, but one.
            let largest = unsafe { largest_of(window, region, others) };
            self.lower(region, was, largest);
        }
    }

    /// Replaces the chunk `old` by `heir`, of which one is a part of the other.
    #[inline]
    pub(super) fn replace<C: Params>(
        &mut self,
        window: Window<C>,
        (old, granules): (Chunk, u32),
        heir: (Chunk, u32),
    ) {
        let (region, bit) = place_of(old);
        let (own_region, own_bit) = place_of(heir.0);
        if region != own_region {
            self.remove(window, old, granules);
            return self.insert(heir.0, heir.1);
        }
        let others = self.begins_with(window, old) & !bit;
        self.set_begins(region, others | own_bit);
        let (was, now) = (said(granules), said(heir.1));
        if was <= now {
            self.raise(region, now);
        } else if self.size(0, region) == was {
            // SAFETY: the bits are this table's for the region, but one.
            let largest = unsafe { largest_of(window, region, others) }.max(now);
            self.lower(region, was, largest);
        }
    }

    /// Returns the bits of the region of `chunk`. Ends the program if the chunk's own bit is not
    /// set.
    #[inline]
    fn begins_with<C: Params>(&self, window: Window<C>, chunk: Chunk) -> u64 {
        let (region, bit) = place_of(chunk);
        let begins = self.begins(region);
        if Window::<C>::CHECKED && begins & bit == 0 {
            window.broken("corrupt free chunk: not in its table", chunk);
        }
        begins
    }

    /// Raises entries for a chunk of `granules` in a region.
    #[inline]
    fn raise(&mut self, region: u32, granules: i32) {
        let (mut level, mut node) = (0, region);
        while self.size(level, node) < granules {
            self.set_size(level, node, granules);
            (level, node) = (level + 1, node >> DIGIT);
            if level == self.height {
                self.largest = self.largest.max(granules);
                break;
            }
        }
    }

    /// Lowers entries for a region whose largest chunk has `now` granules, and no longer `was`.
    #[inline]
    fn lower(&mut self, region: u32, was: i32, mut now: i32) {
        let (mut level, mut node) = (0, region);
        while now < was {
            self.set_size(level, node, now);
            (level, node) = (level + 1, node >> DIGIT);
            if level == self.height {
                self.largest = maximum(&self.entries(level, 0));
                break;
            }
            if self.size(level, node) != was {
                break;
            }
            now = maximum(&self.entries(level, node));
        }
    }

    /// Removes every chunk.
    pub(super) fn clear(&mut self) {
        self.clear_below(self.height, 0);
        (self.height, self.largest) = (1, 0);
    }

    /// Recursive, at most as deep as the table is high.
    fn clear_below(&mut self, level: u32, node: u32) {
        for digit in 0..WIDTH {
            let below = node << DIGIT | digit;
            if self.size(level - 1, below) == 0 {
                continue;
            }
            self.set_size(level - 1, below, 0);
            if level == 1 {
                self.set_begins(below, 0);
            } else {
                self.clear_below(level - 1, below);
            }
        }
    }
}

/// Returns the region of `chunk`, and its bit there.
#[inline]
const fn place_of(chunk: Chunk) -> (u32, u64) {
    (chunk.offset() >> WITHIN, 1 << (chunk.offset() % REGION))
}

/// Iterates over the chunks of a region that begin where these bits are set, in address order.
///
/// # Safety
///
/// The bits are a table's, for that region, and the chunks are used with its window.
#[inline]
unsafe fn chunks(region: u32, mut begins: u64) -> impl Iterator<Item = Chunk> {
    core::iter::from_fn(move || {
        if begins == 0 {
            return None;
        }
        let lowest = begins.trailing_zeros();
        begins &= begins - 1;
        // SAFETY: by the table's invariant, its bits are set where chunks of the window begin.
        unsafe { Chunk::at(region << WITHIN | lowest) }
    })
}

/// Returns the size of the largest of these chunks of a region.
///
/// # Safety
///
/// As for [`chunks`].
#[inline]
unsafe fn largest_of<C: Params>(window: Window<C>, region: u32, begins: u64) -> i32 {
    // SAFETY: the caller guarantees the bits.
    let chunks = unsafe { chunks(region, begins) };
    chunks.fold(0, |largest, chunk| largest.max(said(free_granules(window, chunk))))
}

/// Returns the size of a chunk that the table says is free.
#[inline]
fn free_granules<C: Params>(window: Window<C>, chunk: Chunk) -> u32 {
    let tag = window.tag(chunk);
    if Window::<C>::CHECKED && tag.is_used() {
        window.broken("corrupt free chunk: header and footer differ", chunk);
    }
    tag.granules()
}

/// Returns the largest entry of a line.
#[inline]
fn maximum(line: &Line) -> i32 {
    line.iter().fold(0, |largest, &granules| largest.max(granules))
}

#[cfg(test)]
mod tests {
    use super::search::at_least;
    use super::*;

    #[test]
    fn a_line_says_which_entries_suffice() {
        let mut line = [0; 16];
        (line[0], line[3], line[15]) = (5, 7, MOST);
        assert_eq!(at_least(&line, 5), 1 << 1 | 1 << 4 | 1 << 16);
        assert_eq!(at_least(&line, 6), 1 << 4 | 1 << 16);
        assert_eq!(at_least(&line, 8), 1 << 16);
        assert_eq!(at_least(&line, u32::MAX), 1 << 16);
        assert_eq!([maximum(&line), maximum(&[0; 16])], [MOST, 0]);
    }

    #[test]
    fn no_two_nodes_share_a_line_and_none_lies_beyond_the_table() {
        let table = Table { records: NonNull::dangling(), size: 0, height: 1, largest: 0 };
        let start = table.record(0).addr();
        for end in [1, 1000, 1 << 14, 1 << 20] {
            let mut lines = std::collections::HashSet::new();
            for level in 1..=7 {
                for node in 0..=end >> (WITHIN + DIGIT * level).min(31) {
                    let line = table.line(level, node).addr() - start;
                    assert!(lines.insert(line), "level {level}, node {node}");
                    assert!(line < bytes(end), "level {level}, node {node} for {end}");
                }
            }
        }
    }
}
