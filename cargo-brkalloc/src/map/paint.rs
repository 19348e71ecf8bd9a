//! The painting of one configuration: a replay that is looked at once for each column.

use crate::recording::Recording;
use crate::replay::{self, Arena, Cell, Figures, Moment, Objects, Watch};
use brkalloc::ChunkState;

/// Columns of a raster, from the first event to the last.
pub const COLUMNS: usize = 400;
/// Rows of a raster, from the arena's first byte up.
pub const ROWS: usize = 128;

/// One configuration over time.
#[derive(Clone, Debug)]
pub struct Painting {
    /// The configuration.
    pub cell: Cell,
    /// What it needed in all.
    pub figures: Figures,
    /// At each column: bytes that live, bytes of the heap up to the farthest used one, and the largest
    /// hole.
    pub series: Vec<[usize; 3]>,
    /// The shades of each column, from the arena's first byte up.
    columns: Vec<[u8; ROWS]>,
}

impl Painting {
    /// Returns the raster, the highest row first: 0 where there is no heap, 1 where nothing is used,
    /// up to 15 where all is.
    #[must_use]
    pub fn raster(&self) -> Vec<u8> {
        let rows = (0..ROWS).rev();
        rows.flat_map(|row| self.columns.iter().map(move |column| column[row])).collect()
    }
}

struct Looks {
    every: usize,
    /// Bytes of a row.
    step: usize,
    series: Vec<[usize; 3]>,
    columns: Vec<[u8; ROWS]>,
}

impl Watch for Looks {
    fn every(&self) -> usize {
        self.every
    }

    fn look(&mut self, moment: Moment, heap: &dyn Arena) {
        let (mut heap_end, mut largest) = (0, 0);
        let mut used = [0; ROWS];
        heap.walk(&mut |chunk| {
            let begin = chunk.address.saturating_sub(moment.first_tag);
            match chunk.state {
                ChunkState::Used => {
                    heap_end = begin + chunk.size;
                    add(&mut used, self.step, begin, heap_end);
                }
                ChunkState::Free => largest = largest.max(chunk.size),
                _ => {}
            }
        });
        let mut column = [0; ROWS];
        let rows = heap_end.div_ceil(self.step).min(ROWS);
        for (shade, used) in column[..rows].iter_mut().zip(used) {
            *shade = u8::try_from(1 + (used * 14).div_ceil(self.step)).unwrap_or(15).min(15);
        }
        self.series.push([moment.live, heap_end, largest]);
        self.columns.push(column);
    }
}

/// Adds the bytes `begin..end` to the rows that they lie in.
fn add(used: &mut [usize; ROWS], step: usize, mut begin: usize, end: usize) {
    while begin < end {
        let row = begin / step;
        let next = ((row + 1) * step).min(end);
        used[row.min(ROWS - 1)] += next - begin;
        begin = next;
    }
}

/// Replays a recording over one configuration and looks at it as often as a raster has columns; its
/// rows divide `height` bytes.
///
/// # Errors
///
/// The heap is broken, or the system has no room for it.
pub fn paint(
    recording: &Recording,
    cell: &Cell,
    figures: Figures,
    height: usize,
) -> Result<Painting, String> {
    let every = recording.events.len().div_ceil(COLUMNS).max(1);
    let step = height.div_ceil(ROWS).max(1);
    let mut looks = Looks { every, step, series: Vec::new(), columns: Vec::new() };
    let heap = cell.counting(cell.configuration.limit);
    let heap = heap.ok_or("the system has no room for this heap; close other programs")?;
    let mut objects = Objects::with_capacity(recording.births);
    replay::count(&recording.events, &mut objects, &*heap, &mut looks)
        .map_err(|mistake| format!("{}: {mistake}", cell.name()))?;
    if looks.series.is_empty() {
        return Err(format!("{}: too few events to draw; record a longer run", recording.name));
    }
    Ok(Painting { cell: *cell, figures, series: looks.series, columns: looks.columns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_fall_into_the_rows_that_they_lie_in() {
        let mut used = [0; ROWS];
        add(&mut used, 100, 50, 350);
        add(&mut used, 100, 12_799, 12_801);
        assert_eq!(used[..5], [50, 100, 100, 50, 0]);
        assert_eq!(used[ROWS - 1], 2);
    }
}
