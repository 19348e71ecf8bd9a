//! A trace: what a real program asked of its allocator, in order; sizes and lifetimes, no
//! addresses.
//!
//! ```text
//!  "BT1\n" | row | row | …          row: one byte, then its numbers, each a LEB128 varint
//!
//!  0 size               allocate, aligned to 16
//!  1 age                free
//!  2 age size           reallocate: ends one object and gives birth to another of the same alignment
//!  3 size log2          allocate, aligned to 2^log2
//! ```
//!
//! Objects are numbered by birth from 0; age 1 is the newest. [`read`] turns ages into births and
//! accepts no row that names an object not alive, so that whoever replays a trace need not ask.

use core::alloc::Layout;
use core::fmt;

/// The alignment of an allocation that names none.
pub const ALIGNMENT: usize = 16;

/// One request of a trace. Every allocation and reallocation gives the next number to the object it
/// makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An object is born.
    Allocate {
        /// Bytes asked for; may be 0, which counts as 1.
        size: usize,
        /// A power of two.
        align: usize,
    },
    /// An object ends.
    Free {
        /// Its number.
        birth: usize,
    },
    /// An object ends and another of the same alignment takes over.
    Reallocate {
        /// The number of the one that ends.
        birth: usize,
        /// Bytes asked for the other.
        size: usize,
    },
}

/// What is wrong with a trace, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceError {
    /// Offset of the first byte of the number or row at fault.
    pub at: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What may be wrong with a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not begin with `BT1\n`.
    Magic,
    /// It ends within a number.
    Truncated,
    /// A row begins with no known byte.
    UnknownRow(u8),
    /// An age is 0 or larger than the number of objects born so far.
    Age {
        /// The age.
        age: u64,
        /// Objects born so far.
        born: usize,
    },
    /// The object of this number has ended before.
    Ended(usize),
    /// A number has more than 64 bits, or a size and alignment are more than any layout can hold.
    TooLarge,
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {} of the trace: ", self.at)?;
        match self.fault {
            Fault::Magic => write!(f, "it does not begin with BT1 and a line feed"),
            Fault::Truncated => write!(f, "it ends within a number"),
            Fault::UnknownRow(byte) => write!(f, "no row begins with {byte}"),
            Fault::Age { age, born } => write!(f, "age {age}, but {born} objects were born"),
            Fault::Ended(birth) => write!(f, "object {birth} has ended before"),
            Fault::TooLarge => write!(f, "a number larger than any that can be meant"),
        }
    }
}

impl core::error::Error for TraceError {}

/// Reads a whole trace.
///
/// # Errors
///
/// The first fault and its place.
pub fn read(bytes: &[u8]) -> Result<Vec<Event>, TraceError> {
    const MAGIC: &[u8] = b"BT1\n";
    if !bytes.starts_with(MAGIC) {
        return Err(TraceError { at: 0, fault: Fault::Magic });
    }
    let mut reader = Reader { bytes, at: MAGIC.len(), objects: Vec::new() };
    let mut events = Vec::new();
    while let Some(event) = reader.row()? {
        events.push(event);
    }
    Ok(events)
}

/// The largest sum of requested bytes that live at one time.
#[must_use]
pub fn peak_live(events: &[Event]) -> usize {
    let mut sizes = Vec::new();
    let (mut live, mut peak) = (0, 0);
    for &event in events {
        match event {
            Event::Allocate { size, .. } => {
                live += size;
                sizes.push(size);
            }
            Event::Free { birth } => live -= sizes[birth],
            Event::Reallocate { birth, size } => {
                live = live - sizes[birth] + size;
                sizes.push(size);
            }
        }
        peak = peak.max(live);
    }
    peak
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The alignment of every object born; `None` once it has ended.
    objects: Vec<Option<usize>>,
}

impl Reader<'_> {
    fn row(&mut self) -> Result<Option<Event>, TraceError> {
        let at = self.at;
        let Some(&kind) = self.bytes.get(at) else {
            return Ok(None);
        };
        self.at += 1;
        let event = match kind {
            0 => {
                let size = self.number()?;
                self.birth(at, size, ALIGNMENT)?
            }
            1 => Event::Free { birth: self.end_of_object()?.0 },
            2 => {
                let (birth, align) = self.end_of_object()?;
                let size = self.number()?;
                self.birth(at, size, align)?;
                Event::Reallocate { birth, size: usize::try_from(size).unwrap_or(usize::MAX) }
            }
            3 => {
                let (size, log2) = (self.number()?, self.number()?);
                let align = u32::try_from(log2).ok().and_then(|log2| 1_usize.checked_shl(log2));
                self.birth(at, size, align.unwrap_or(0))?
            }
            other => return Err(TraceError { at, fault: Fault::UnknownRow(other) }),
        };
        Ok(Some(event))
    }

    /// A LEB128 varint.
    fn number(&mut self) -> Result<u64, TraceError> {
        let at = self.at;
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let Some(&byte) = self.bytes.get(self.at) else {
                return Err(TraceError { at, fault: Fault::Truncated });
            };
            self.at += 1;
            let bits = u64::from(byte & 0x7f);
            if 64 <= shift || (bits << shift) >> shift != bits {
                return Err(TraceError { at, fault: Fault::TooLarge });
            }
            value |= bits << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
    }

    /// Notes the birth of an object in the row at `at`.
    fn birth(&mut self, at: usize, size: u64, align: usize) -> Result<Event, TraceError> {
        let layout = usize::try_from(size)
            .ok()
            .and_then(|size| Layout::from_size_align(size, align).ok())
            .ok_or(TraceError { at, fault: Fault::TooLarge })?;
        self.objects.push(Some(align));
        Ok(Event::Allocate { size: layout.size(), align })
    }

    /// Reads an age and ends that object; its number and alignment.
    fn end_of_object(&mut self) -> Result<(usize, usize), TraceError> {
        let at = self.at;
        let age = self.number()?;
        let born = self.objects.len();
        let birth = usize::try_from(age).ok().filter(|age| 0 < *age);
        let birth = birth.and_then(|age| born.checked_sub(age));
        let birth = birth.ok_or(TraceError { at, fault: Fault::Age { age, born } })?;
        let align = self.objects[birth].take();
        Ok((birth, align.ok_or(TraceError { at, fault: Fault::Ended(birth) })?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(rows: &[u8]) -> TraceError {
        read(&[b"BT1\n", rows].concat()).expect_err("the rows are at fault")
    }

    #[test]
    fn the_recordings_are_as_their_readme_says() {
        for (trace, count, born, peak) in
            [(CC1, 141_485, 72_925, 2_717_797), (GIT_LOG, 173_240, 91_213, 3_960_938)]
        {
            let events = read(trace).expect("a sound trace");
            let births = events.iter().filter(|event| !matches!(event, Event::Free { .. }));
            assert_eq!((events.len(), births.count(), peak_live(&events)), (count, born, peak));
        }
    }

    #[test]
    fn every_row_reads_as_its_event() {
        let bytes = b"BT1\n\x00\x80\x01\x03\x05\x0c\x02\x02\x00\x01\x01";
        let events = read(bytes).expect("a sound trace");
        let expected = [
            Event::Allocate { size: 128, align: 16 },
            Event::Allocate { size: 5, align: 4096 },
            Event::Reallocate { birth: 0, size: 0 },
            Event::Free { birth: 2 },
        ];
        assert_eq!(events, expected);
    }

    #[test]
    fn a_trace_of_no_rows_is_sound() {
        assert_eq!(read(b"BT1\n"), Ok(vec![]));
    }

    #[test]
    fn a_fault_names_its_place() {
        assert_eq!(read(b"BT2\n"), Err(TraceError { at: 0, fault: Fault::Magic }));
        assert_eq!(fault(b"\x00\x80"), TraceError { at: 5, fault: Fault::Truncated });
        assert_eq!(fault(b"\x00\x01\x02\x01"), TraceError { at: 8, fault: Fault::Truncated });
        assert_eq!(fault(b"\x00\x01\x04"), TraceError { at: 6, fault: Fault::UnknownRow(4) });
        let age = |age| Fault::Age { age, born: 1 };
        assert_eq!(fault(b"\x00\x01\x01\x00"), TraceError { at: 7, fault: age(0) });
        assert_eq!(fault(b"\x00\x01\x01\x02"), TraceError { at: 7, fault: age(2) });
        let twice = TraceError { at: 9, fault: Fault::Ended(0) };
        assert_eq!(fault(b"\x00\x01\x01\x01\x01\x01"), twice);
        assert_eq!(twice.to_string(), "byte 9 of the trace: object 0 has ended before");
    }

    #[test]
    fn a_number_that_nothing_can_mean_is_a_fault() {
        let too_large = |at| TraceError { at, fault: Fault::TooLarge };
        assert_eq!(fault(b"\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), too_large(5));
        assert_eq!(fault(b"\x00\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), too_large(5));
        assert_eq!(fault(b"\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), too_large(4));
        assert_eq!(fault(b"\x03\x01\x40"), too_large(4));
    }
}
