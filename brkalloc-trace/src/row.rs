//! One event as a row of numbers.
//!
//! ```text
//!  a number     LEB128: seven bits a byte, the lowest first; the highest bit says that more follow
//!
//!  n = 4·size                      allocate, aligned to 16
//!  n = 4·age + 1                   free
//!  n = 4·age + 2, size             reallocate: one object ends, another of the same alignment is born
//!  n = 4·(2·log2 + zeroed) + 3, size    allocate, aligned to 2^log2; zeroed is 1 or 0
//! ```
//!
//! Age 1 is the newest object. The reader accepts no row that names an object not alive, so that
//! whoever replays a trace need not ask.

use crate::{ALIGNMENT, Event};
use core::alloc::Layout;

/// What may be wrong with a row; its checksum is right, so whoever wrote it is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// The block ends within a row, or has bytes after its last row.
    Length,
    /// A number has more than 64 bits, or a size and alignment are more than any layout can hold.
    TooLarge,
    /// An age is 0, larger than the number of objects born so far, or that of an object that has
    /// ended.
    Age(u64),
}

/// The numbers of a block, from the first byte on.
pub(crate) struct Numbers<'a> {
    pub(crate) rest: &'a [u8],
}

impl Numbers<'_> {
    pub(crate) fn next(&mut self) -> Result<u64, RowFault> {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let (&byte, rest) = self.rest.split_first().ok_or(RowFault::Length)?;
            self.rest = rest;
            let bits = u64::from(byte & 0x7f);
            if 64 <= shift || (bits << shift) >> shift != bits {
                return Err(RowFault::TooLarge);
            }
            value |= bits << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
    }

    pub(crate) fn size(&mut self) -> Result<usize, RowFault> {
        usize::try_from(self.next()?).map_err(|_| RowFault::TooLarge)
    }
}

pub(crate) fn put(mut number: u64, bytes: &mut Vec<u8>) {
    while 0x80 <= number {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// Writes an event as its row, where `born` objects were born before it.
pub(crate) fn write(event: Event, zeroed: bool, born: usize, bytes: &mut Vec<u8>) {
    let age = |birth: usize| 4 * (born - birth) as u64;
    match event {
        Event::Allocate { size, align }
            if align == ALIGNMENT && !zeroed && size <= usize::MAX / 4 =>
        {
            put(4 * size as u64, bytes);
        }
        Event::Allocate { size, align } => {
            let log2 = u64::from(align.trailing_zeros());
            put(4 * (2 * log2 + u64::from(zeroed)) + 3, bytes);
            put(size as u64, bytes);
        }
        Event::Free { birth } => put(age(birth) + 1, bytes),
        Event::Reallocate { birth, size } => {
            put(age(birth) + 2, bytes);
            put(size as u64, bytes);
        }
    }
}

/// Every object born so far: its alignment, until it ends.
#[derive(Default)]
pub(crate) struct Objects(Vec<Option<u8>>);

impl Objects {
    pub(crate) fn born(&self) -> usize {
        self.0.len()
    }

    /// Reads one row; the event, and whether its memory was asked for as zeros.
    pub(crate) fn read(&mut self, numbers: &mut Numbers<'_>) -> Result<(Event, bool), RowFault> {
        let first = numbers.next()?;
        let rest = first >> 2;
        Ok(match first & 3 {
            0 => {
                let size = usize::try_from(rest).map_err(|_| RowFault::TooLarge)?;
                (self.allocate(size, 4)?, false)
            }
            1 => (Event::Free { birth: self.end(rest)?.0 }, false),
            2 => {
                let (birth, log2) = self.end(rest)?;
                let size = numbers.size()?;
                self.allocate(size, log2)?;
                (Event::Reallocate { birth, size }, false)
            }
            _ => {
                let log2 = u8::try_from(rest >> 1).map_err(|_| RowFault::TooLarge)?;
                let size = numbers.size()?;
                (self.allocate(size, log2)?, rest & 1 == 1)
            }
        })
    }

    fn allocate(&mut self, size: usize, log2: u8) -> Result<Event, RowFault> {
        let align = 1_usize.checked_shl(u32::from(log2)).ok_or(RowFault::TooLarge)?;
        let layout = Layout::from_size_align(size, align).map_err(|_| RowFault::TooLarge)?;
        self.0.push(Some(log2));
        Ok(Event::Allocate { size: layout.size(), align })
    }

    /// Ends the object of this age; its number and the logarithm of its alignment.
    fn end(&mut self, age: u64) -> Result<(usize, u8), RowFault> {
        let back = usize::try_from(age).ok().filter(|back| 0 < *back);
        let birth = back.and_then(|back| self.born().checked_sub(back));
        let birth = birth.ok_or(RowFault::Age(age))?;
        let log2 = self.0[birth].take().ok_or(RowFault::Age(age))?;
        Ok((birth, log2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<(Event, bool)>, RowFault> {
        let (mut objects, mut numbers) = (Objects::default(), Numbers { rest: bytes });
        let mut events = Vec::new();
        while !numbers.rest.is_empty() {
            events.push(objects.read(&mut numbers)?);
        }
        Ok(events)
    }

    #[test]
    fn every_row_reads_as_its_event() {
        let bytes = [0x80, 4, 4 * 24 + 3, 5, 4 * 2 + 2, 0, 4 + 1, 4 * 9 + 3, 8];
        let expected = [
            (Event::Allocate { size: 128, align: 16 }, false),
            (Event::Allocate { size: 5, align: 4096 }, false),
            (Event::Reallocate { birth: 0, size: 0 }, false),
            (Event::Free { birth: 2 }, false),
            (Event::Allocate { size: 8, align: 16 }, true),
        ];
        assert_eq!(read(&bytes), Ok(expected.to_vec()));
    }

    #[test]
    fn the_largest_size_is_a_row_like_any_other() {
        let event = Event::Allocate { size: isize::MAX as usize - 15, align: 16 };
        let mut bytes = Vec::new();
        write(event, false, 0, &mut bytes);
        assert_eq!(read(&bytes), Ok(vec![(event, false)]));
    }

    #[test]
    fn a_row_that_names_no_live_object_is_a_fault() {
        assert_eq!(read(&[4, 1]), Err(RowFault::Age(0)));
        assert_eq!(read(&[4, 4 * 2 + 1]), Err(RowFault::Age(2)));
        assert_eq!(read(&[4, 5, 5]), Err(RowFault::Age(1)));
    }

    #[test]
    fn a_number_that_nothing_can_mean_is_a_fault() {
        let eleven = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0];
        assert_eq!(read(&eleven), Err(RowFault::TooLarge));
        let sixty_five = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
        assert_eq!(read(&sixty_five), Err(RowFault::TooLarge));
        assert_eq!(read(&[0x83, 4, 1]), Err(RowFault::TooLarge));
        assert_eq!(read(&[0x80]), Err(RowFault::Length));
    }
}
