//! An arena, drawn as a strip of characters, each of which is a slice of it.
//!
//! ```text
//!        0 |################+++##.
//!          '--- a slice: # all in use, + half or more, - less, . free
//! ```
//!
//! [`Picture::add`] is made for the closure of `for_each_chunk`, which must not allocate from the
//! heap that it walks: the picture is an array of fixed size, and text is made of it afterwards.

use crate::text::Grouped;
use brkalloc::{ChunkInfo, ChunkState, Stats};
use core::fmt;

/// Characters in a row.
const ROW: usize = 64;
/// Slices at most.
const SLICES: usize = 4 * ROW;

/// The committed part of one arena.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Bytes of a slice, a power of two.
    slice: usize,
    committed: usize,
    /// The address that the first slice begins at, once a chunk is known.
    base: Option<usize>,
    /// Bytes in use in each slice.
    used: [usize; SLICES],
}

impl Picture {
    /// An empty picture of the arena that `stats` are about.
    #[must_use]
    pub fn of(stats: &Stats) -> Self {
        let slice = stats.committed.div_ceil(SLICES).next_power_of_two().max(16);
        Self { slice, committed: stats.committed, base: None, used: [0; SLICES] }
    }

    /// Draws one chunk; the first to come is the lowest. Does not allocate.
    pub fn add(&mut self, chunk: ChunkInfo) {
        let base = *self.base.get_or_insert(chunk.address);
        if chunk.state != ChunkState::Used {
            return;
        }
        let (mut place, end) = (chunk.address - base, chunk.address - base + chunk.size);
        while place < end {
            let index = place / self.slice;
            let until = end.min((index + 1) * self.slice);
            if let Some(used) = self.used.get_mut(index) {
                *used += until - place;
            }
            place = until;
        }
    }

    const fn character(&self, used: usize) -> char {
        if used == 0 {
            '.'
        } else if used == self.slice {
            '#'
        } else if self.slice <= 2 * used {
            '+'
        } else {
            '-'
        }
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slices = self.committed.div_ceil(self.slice).min(SLICES);
        for (row, slices) in self.used[..slices].chunks(ROW).enumerate() {
            let strip: String = slices.iter().map(|used| self.character(*used)).collect();
            writeln!(f, "{:>10} |{strip}", Grouped(row * ROW * self.slice))?;
        }
        let slice = Grouped(self.slice);
        write!(f, "{:>10}  a character is {slice} bytes: # all in use, + half or more,", "")?;
        write!(f, "\n{:>10}  - less than half, . free", "")
    }
}
