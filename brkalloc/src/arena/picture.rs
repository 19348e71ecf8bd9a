//! An arena, drawn as characters, each of which is a slice of it.
//!
//! ```text
//!   chunks   | used           | free | used       | top            |
//!   slices   |   |   |   |   |   |   |   |   |   |   |   |   |   |      bytes in use in each
//!   drawn      #   #   #   #   -   .   #   #   #   .   .   .   .
//! ```
//!
//! The slices are an array of fixed size: neither the walk, which runs under the heap's lock, nor
//! the text that is made afterwards allocates.

use super::stats::{ChunkInfo, ChunkState};
use super::tag::GRANULE;
use core::fmt::{self, Write};

/// Characters of a row.
const ROW: usize = 64;
/// Slices at most.
const SLICES: usize = 4 * ROW;
/// The least width of the numbers before the rows.
const MARGIN: usize = 10;

/// A drawing of an arena, from [`BrkHeap::picture`](crate::BrkHeap::picture) or
/// [`Heap::picture`](crate::Heap::picture).
///
/// `Display` writes it in lines of at most 80 columns. Each character is a slice of the arena: as
/// many bytes as the last two lines say, a power of two and at least 16. Before each of the up to
/// four rows stands the byte that it begins at, counted from the tag of the lowest chunk. The rows
/// end where the committed part of the arena does. Tags count as parts of their chunks; with
/// `cache`, what the caches keep counts as in use.
///
/// ```text
///          0 |######################++#######+#######+##################++####
///  2,097,152 |###++#+####++++++++-++-++++++++++++---+++++--+++++-++++.++.-+-#+
///  4,194,304 |-##-..
///             a character is 32,768 bytes: # all in use, + half or more,
///             - less than half, . free
/// ```
///
/// An arena that has no memory yet has no rows. Nothing here allocates; a picture takes about 2 KiB
/// on 64-bit targets.
///
/// ```
/// use brkalloc::{BrkHeap, Heap, brk_heap};
/// use core::alloc::Layout;
/// use core::mem::MaybeUninit;
///
/// #[brk_heap(policy = "first_fit", order = "address")]
/// static SMALL: BrkHeap;
///
/// let mut bytes = [MaybeUninit::uninit(); 1024];
/// let heap = Heap::<SMALL>::over(&mut bytes);
/// // With their tags, chunks of 112 bytes: seven characters of 16.
/// let blocks = [(); 3].map(|()| heap.allocate(Layout::new::<[u8; 100]>()).expect("there is room"));
/// // SAFETY: the heap has handed it out, and nobody has freed it.
/// unsafe { heap.deallocate(blocks[1]) };
///
/// let drawn = heap.picture().to_string();
/// assert!(drawn.starts_with("         0 |#######.......#######......"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Bytes of a slice, a power of two.
    slice: usize,
    /// The address of the lowest chunk, once one is drawn.
    base: Option<usize>,
    /// Bytes from there to the end of the highest chunk.
    length: usize,
    /// Bytes in use in each slice.
    used: [usize; SLICES],
}

impl Picture {
    /// An empty picture of an arena of which so many bytes are committed.
    pub(crate) fn new(committed: usize) -> Self {
        let slice = committed.div_ceil(SLICES).next_power_of_two().max(GRANULE);
        Self { slice, base: None, length: 0, used: [0; SLICES] }
    }

    /// Draws one chunk; they come in address order.
    pub(crate) fn add(&mut self, chunk: ChunkInfo) {
        let mut place = chunk.address - *self.base.get_or_insert(chunk.address);
        let end = place + chunk.size;
        self.length = end;
        if chunk.state != ChunkState::Used {
            return;
        }
        while place < end {
            let index = place / self.slice;
            let until = end.min((index + 1) * self.slice);
            if let Some(used) = self.used.get_mut(index) {
                *used += until - place;
            }
            place = until;
        }
    }

    /// The character of slice number `index`; the last may be a part of one.
    const fn character(&self, index: usize, used: usize) -> char {
        let rest = self.length - index * self.slice;
        let all = if rest < self.slice { rest } else { self.slice };
        if used == 0 {
            '.'
        } else if used == all {
            '#'
        } else if all <= 2 * used {
            '+'
        } else {
            '-'
        }
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slices = self.length.div_ceil(self.slice).min(SLICES);
        let row = ROW * self.slice;
        let last = Grouped::new(slices.saturating_sub(1) / ROW * row);
        let margin = last.text().len().max(MARGIN);
        for (number, used) in self.used[..slices].chunks(ROW).enumerate() {
            write!(f, "{:>margin$} |", Grouped::new(number * row).text())?;
            for (index, &used) in (number * ROW..).zip(used) {
                f.write_char(self.character(index, used))?;
            }
            f.write_char('\n')?;
        }
        let slice = Grouped::new(self.slice);
        let slice = slice.text();
        writeln!(f, "{:margin$}  a character is {slice} bytes: # all in use, + half or more,", "")?;
        write!(f, "{:margin$}  - less than half, . free", "")
    }
}

/// A number with a comma between its thousands.
struct Grouped {
    /// As many digits and commas as the largest number has, the last of them used.
    characters: [u8; 26],
    begin: usize,
}

impl Grouped {
    fn new(number: usize) -> Self {
        let mut grouped = Self { characters: [b','; 26], begin: 26 };
        let (mut rest, mut digits) = (number, 0);
        while 0 < rest || digits == 0 {
            grouped.begin -= if 0 < digits && digits % 3 == 0 { 2 } else { 1 };
            grouped.characters[grouped.begin] = b"0123456789"[rest % 10];
            rest /= 10;
            digits += 1;
        }
        grouped
    }

    fn text(&self) -> &str {
        core::str::from_utf8(&self.characters[self.begin..]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;
    use std::vec::Vec;

    /// A picture of chunks of these sizes and states, side by side.
    fn drawn(committed: usize, chunks: &[(usize, ChunkState)]) -> std::string::String {
        let mut picture = Picture::new(committed);
        let mut address = 0x1_0008;
        for &(size, state) in chunks {
            picture.add(ChunkInfo { address, size, state });
            address += size;
        }
        picture.to_string()
    }

    use ChunkState::{Free, Top, Used};

    #[test]
    fn a_character_tells_how_much_of_its_slice_is_in_use() {
        // 8 KiB: slices of 32 bytes.
        let chunks =
            [(64, Used), (32, Free), (48, Used), (16, Free), (16, Free), (16, Used), (96, Top)];
        let text = drawn(8192, &chunks);
        assert_eq!(text.lines().next(), Some("         0 |##.#++..."));
        let chunks = [(64, Free), (16, Used), (240, Top)];
        assert!(drawn(16384, &chunks).starts_with("         0 |.-...\n"), "of slices of 64");
    }

    #[test]
    fn the_last_slice_is_full_when_its_part_is() {
        let full = drawn(8192, &[(8176, Used)]);
        let rows: Vec<&str> = full.lines().take(4).collect();
        assert!(rows.iter().all(|row| row.ends_with(&"#".repeat(ROW))), "{full}");
        assert!(drawn(8192, &[(8160, Used), (16, Top)]).contains("#.\n"));
    }

    #[test]
    fn a_heap_without_memory_has_no_rows() {
        let legend = "            a character is 16 bytes: # all in use, + half or more,\n            \
                      - less than half, . free";
        assert_eq!(drawn(0, &[]), legend);
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn no_line_is_wider_than_80_columns() {
        for exponent in 4..=36 {
            let text = drawn(1 << exponent, &[((1 << exponent) - 16, Used)]);
            assert!(text.lines().all(|line| line.len() <= 80), "{text}");
            let rows = text.lines().filter(|line| line.contains('|'));
            let columns: Vec<_> = rows.map(|row| row.find('|')).collect();
            assert!(columns.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        let texts = [0, 999, 1000, 1_234_567].map(|number| Grouped::new(number).text().to_string());
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
        let largest = Grouped::new(usize::MAX).text().replace(',', "");
        assert_eq!(largest, usize::MAX.to_string());
    }
}
