//! The walk over the table that compares it with the chunks in memory.

use super::{DIGIT, Table, WIDTH, WITHIN, chunks, said};
use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::Window;
use crate::arena::params::Params;

impl Table {
    /// Walks the table and counts its chunks.
    pub(in super::super) fn check<C: Params>(
        &self,
        window: Window<C>,
    ) -> Result<Census, Corruption> {
        let mut census = Census::EMPTY;
        if self.largest == self.check_below(window, (self.height, 0), &mut census)? {
            Ok(census)
        } else {
            Err(Corruption::of_window("a table has another largest size", window))
        }
    }

    /// Checks everything below a node. Returns the largest chunk there.
    ///
    /// Recursive, at most as deep as the table is high.
    fn check_below<C: Params>(
        &self,
        window: Window<C>,
        (level, node): (u32, u32),
        census: &mut Census,
    ) -> Result<i32, Corruption> {
        let mut largest = 0;
        if level == 0 {
            // SAFETY: the bits are this table's.
            for chunk in unsafe { chunks(node, self.begins(node)) } {
                let broken = |what| Err(Corruption::at(what, window, chunk));
                if window.end() <= chunk {
                    return broken("a table has a chunk out of the arena");
                }
                if window.tag(chunk).is_used() {
                    return broken("a chunk of the index is in use");
                }
                largest = largest.max(said(window.tag(chunk).granules()));
                census.count(window, chunk)?;
            }
            return Ok(largest);
        }
        for digit in 0..WIDTH {
            let below = node << DIGIT | digit;
            let lowest = u64::from(below) << (WITHIN + DIGIT * (level - 1));
            if u64::from(window.end().offset()) < lowest {
                break;
            }
            let known = self.size(level - 1, below);
            if known != self.check_below(window, (level - 1, below), census)? {
                return Err(Corruption::of_window("a table has another largest size", window));
            }
            largest = largest.max(known);
        }
        Ok(largest)
    }
}
