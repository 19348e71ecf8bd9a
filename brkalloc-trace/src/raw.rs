//! A raw recording: what a recorded program leaves behind, and how it becomes a trace.
//!
//! ```text
//!  the file     pieces of 64 KiB, each of one thread at a time, in no order
//!
//!  a piece      | "BRW\n" | version | records in use | 0 | record | record | … 2730 of them
//!                 4         4         4                4   24
//!
//!  a record     | sequence << 16 | log2 << 8 | kind |  address | size |
//!                                                 8          8      8     in the program's own byte order
//!
//!  kind 1  allocate      kind 3  reallocation begins: the address of the old block
//!       2  free               4  reallocation ends: address and size of the new block; address 0 says
//!                                that it failed, or with size 0 that the block was freed
//!                             5  from here on the piece belongs to the thread whose number is `address`
//!  kind 1 + 128          allocate zeros
//! ```
//!
//! The sequence number is that of one counter of the process. A free takes its number before the
//! block is freed and an allocation after it was made, so the records in order reuse no address
//! that is in use. A program that was killed loses nothing: the pieces are its mapped file. Two
//! records of one number are one: it was killed as it copied a full piece. The upper half of the
//! records in use is the program's own.
//!
//! Blocks that are older than the recording (those that a forked child inherits) are in no trace.

use crate::{Cut, Event, Fault, RowFault, Run, Trace};
use core::alloc::Layout;
use core::cmp::Reverse;
use std::collections::HashMap;

/// Bytes of a piece.
pub const PIECE: usize = 1 << 16;
/// Bytes of its header.
pub const HEADER: usize = 16;
/// Bytes of a record.
pub const RECORD: usize = 24;
/// How a piece begins; the version follows.
pub const START: [u8; 4] = *b"BRW\n";
/// The version of raw recordings that this crate reads.
pub const VERSION: u32 = 1;

/// A raw recording as a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The trace.
    pub trace: Trace,
    /// What is missing at the end of the file.
    pub cut: Option<Cut>,
    /// Frees and reallocations of blocks that the recording does not know.
    pub older: usize,
    /// Blocks whose end nobody recorded, until another was at their address.
    pub unended: usize,
}

/// Whether a file begins as a raw recording does.
#[must_use]
pub fn is_raw(bytes: &[u8]) -> bool {
    bytes.starts_with(&START)
}

/// Turns a raw recording into a trace.
///
/// # Errors
///
/// As [`Trace::read`] has them.
pub fn convert(bytes: &[u8]) -> Result<Converted, Fault> {
    let mut records = Vec::new();
    let mut pieces = bytes.chunks_exact(PIECE);
    for (index, piece) in pieces.by_ref().enumerate() {
        read_piece(piece, index * PIECE, &mut records)?;
    }
    // Of a record that was half copied, the whole one comes first.
    let key = |record: &Record| (record.sequence, Reverse((record.address, record.size)));
    records.sort_unstable_by_key(key);
    records.dedup_by_key(|record| record.sequence);
    let mut conversion = Conversion::default();
    for record in &records {
        conversion.record(record)?;
    }
    let Conversion { trace, older, unended, .. } = conversion;
    if trace.events.is_empty() {
        return Err(Fault::Empty);
    }
    let cut = match pieces.remainder().len() {
        0 => None,
        bytes => Some(Cut { events: trace.events.len(), bytes }),
    };
    Ok(Converted { trace, cut, older, unended })
}

struct Record {
    sequence: u64,
    address: u64,
    size: u64,
    thread: u32,
    log2: u8,
    kind: u8,
}

fn read_piece(piece: &[u8], at: usize, records: &mut Vec<Record>) -> Result<(), Fault> {
    let (header, body) = piece.split_at(HEADER);
    let (start, rest) = header.split_at(START.len());
    // The program was killed as it began the piece: this is written last.
    if start.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    if start != START {
        return Err(Fault::Checksum { at });
    }
    let version = u32::from_ne_bytes([rest[0], rest[1], rest[2], rest[3]]);
    if version != VERSION {
        return Err(Fault::Version(version));
    }
    let in_use = u16::from_ne_bytes(if cfg!(target_endian = "big") {
        [rest[6], rest[7]]
    } else {
        [rest[4], rest[5]]
    });
    let mut thread = 0;
    for record in body.chunks_exact(RECORD).take(usize::from(in_use)) {
        let word = |index: usize| {
            let bytes = record[8 * index..].first_chunk();
            bytes.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
        };
        let (first, address, size) = (word(0), word(1), word(2));
        if first == 0 {
            // The program was killed as it copied a full piece, which stands in its old place, too.
            break;
        }
        let kind = (first & 0xff) as u8;
        if kind == 5 {
            thread = u32::try_from(address).map_err(|_| too_large(at))?;
        } else {
            let (sequence, log2) = (first >> 16, (first >> 8 & 0xff) as u8);
            records.push(Record { sequence, address, size, thread, log2, kind });
        }
    }
    Ok(())
}

const fn too_large(at: usize) -> Fault {
    Fault::Row { at, fault: RowFault::TooLarge }
}

#[derive(Default)]
struct Conversion {
    trace: Trace,
    born: usize,
    /// The logarithm of each block's alignment, which a reallocation keeps.
    aligned: Vec<u8>,
    /// The live block at each address.
    live: HashMap<u64, usize>,
    /// The block that each thread is reallocating, and its address.
    moving: HashMap<u32, (u64, Option<usize>)>,
    /// Where the block of each thread's last reallocation was.
    left: HashMap<u32, u64>,
    older: usize,
    unended: usize,
}

impl Conversion {
    fn record(&mut self, record: &Record) -> Result<(), Fault> {
        let thread = record.thread;
        match record.kind & 0x7f {
            1 => {
                if record.kind & 0x80 != 0 {
                    self.end_of(record.address, thread);
                    self.trace.zeroed.push(self.born);
                }
                self.allocate(record)?;
            }
            2 => match self.live.remove(&record.address) {
                Some(birth) => self.event(Event::Free { birth }, thread),
                // The old place of a block that has moved.
                None if self.left.remove(&thread) == Some(record.address) => {}
                None => self.older += 1,
            },
            3 => {
                self.stays(thread);
                let birth = self.live.remove(&record.address);
                self.moving.insert(thread, (record.address, birth));
            }
            4 if record.address == 0 && record.size == 0 => match self.moving.remove(&thread) {
                Some((_, Some(birth))) => self.event(Event::Free { birth }, thread),
                _ => self.older += 1,
            },
            4 if record.address == 0 => self.stays(thread),
            4 => {
                if let Some((address, Some(birth))) = self.moving.remove(&thread) {
                    self.left.insert(thread, address);
                    let log2 = self.aligned[birth];
                    let size = layout(record.size, log2)?.size();
                    self.end_of(record.address, thread);
                    self.event(Event::Reallocate { birth, size }, thread);
                    self.birth(record.address, log2);
                } else {
                    self.older += 1;
                    self.allocate(record)?;
                }
            }
            _ => return Err(too_large(0)),
        }
        Ok(())
    }

    fn allocate(&mut self, record: &Record) -> Result<(), Fault> {
        let layout = layout(record.size, record.log2)?;
        self.end_of(record.address, record.thread);
        let event = Event::Allocate { size: layout.size(), align: layout.align() };
        self.event(event, record.thread);
        self.birth(record.address, record.log2);
        Ok(())
    }

    fn birth(&mut self, address: u64, log2: u8) {
        self.live.insert(address, self.born);
        self.aligned.push(log2);
        self.born += 1;
    }

    /// Ends a block whose end nobody recorded, where another now lies.
    fn end_of(&mut self, address: u64, thread: u32) {
        if let Some(birth) = self.live.remove(&address) {
            self.unended += 1;
            self.event(Event::Free { birth }, thread);
        }
    }

    /// A reallocation failed: the block stays where it is.
    fn stays(&mut self, thread: u32) {
        if let Some((address, Some(birth))) = self.moving.remove(&thread) {
            self.live.entry(address).or_insert(birth);
        }
    }

    fn event(&mut self, event: Event, thread: u32) {
        Run { first: self.trace.events.len(), thread }.follow(&mut self.trace.runs);
        self.trace.events.push(event);
    }
}

fn layout(size: u64, log2: u8) -> Result<Layout, Fault> {
    let size = usize::try_from(size).map_err(|_| too_large(0))?;
    let align = 1_usize.checked_shl(u32::from(log2)).unwrap_or(0);
    Layout::from_size_align(size, align).map_err(|_| too_large(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A piece of these records: kind, log2, sequence number, address, size.
    fn piece(records: &[(u64, u64, u64, u64, u64)]) -> Vec<u8> {
        let mut bytes = START.to_vec();
        bytes.extend(VERSION.to_ne_bytes());
        bytes.extend(u32::try_from(records.len()).expect("a few").to_ne_bytes());
        bytes.extend([0; 4]);
        for (kind, log2, sequence, address, size) in records {
            for word in [sequence << 16 | log2 << 8 | kind, *address, *size] {
                bytes.extend(word.to_ne_bytes());
            }
        }
        bytes.resize(PIECE, 0);
        bytes
    }

    #[test]
    fn a_piece_that_was_half_copied_ends_where_its_zeros_begin() {
        let whole = piece(&[(5, 0, 0, 3, 0), (1, 4, 1, 0x10, 8), (1, 4, 2, 0x20, 9)]);
        // The last record ends with the page: its size is on the next.
        let mut torn = whole.clone();
        let size = HEADER + 3 * RECORD - 8;
        torn[size..size + 8].fill(0);
        let mut half = whole.clone();
        half[HEADER + 2 * RECORD..].fill(0);
        // A piece of which the beginning was written last.
        let mut begun = whole.clone();
        begun[..START.len()].fill(0);
        let (alone, _) = Trace::read(&whole).expect("a sound piece");
        for other in [torn, half, begun] {
            for pieces in [[whole.clone(), other.clone()], [other.clone(), whole.clone()]] {
                // What begins with zeros is no recording.
                if pieces[0].starts_with(&START) {
                    let (trace, cut) = Trace::read(&pieces.concat()).expect("two pieces");
                    assert_eq!((&trace, cut), (&alone, None));
                }
            }
        }
    }

    #[test]
    fn a_reallocation_keeps_an_alignment_that_its_size_must_suit() {
        let log2 = u64::from(usize::BITS - 2);
        let moved =
            |size| piece(&[(1, log2, 1, 0x10, 0), (3, 0, 2, 0x10, 0), (4, 4, 3, 0x20, size)]);
        let (trace, _) = Trace::read(&moved(1 << log2)).expect("the largest of such blocks");
        let written = trace.write(Vec::new()).expect("memory can be written");
        assert_eq!(Trace::read(&written), Ok((trace, None)));
        assert_eq!(Trace::read(&moved((1 << log2) + 1)), Err(too_large(0)));
    }

    #[test]
    fn threads_interleave_by_sequence_number() {
        let first = piece(&[(5, 0, 0, 3, 0), (1, 4, 1, 0x10, 8), (2, 0, 4, 0x20, 0)]);
        let second = piece(&[(5, 0, 0, 4, 0), (129, 3, 2, 0x20, 0), (2, 0, 3, 0x10, 0)]);
        let (trace, cut) = Trace::read(&[second, first].concat()).expect("two sound pieces");
        let expected = [
            Event::Allocate { size: 8, align: 16 },
            Event::Allocate { size: 0, align: 8 },
            Event::Free { birth: 0 },
            Event::Free { birth: 1 },
        ];
        assert_eq!((&trace.events[..], cut), (&expected[..], None));
        assert_eq!(trace.threads().collect::<Vec<_>>(), [3, 4, 4, 3]);
        assert_eq!(trace.zeroed, [1]);
    }

    #[test]
    fn a_block_moves_when_its_reallocation_ends() {
        let records = [
            (1, 4, 1, 0x10, 8),
            (3, 0, 2, 0x10, 0),
            (1, 4, 3, 0x10, 1),
            (4, 4, 4, 0x20, 9),
            (3, 0, 5, 0x20, 0),
            (4, 4, 6, 0, 1 << 40),
            (2, 0, 7, 0x20, 0),
            (3, 0, 8, 0x10, 0),
            (4, 4, 9, 0, 0),
        ];
        let converted = convert(&piece(&records)).expect("a sound piece");
        let expected = [
            Event::Allocate { size: 8, align: 16 },
            Event::Allocate { size: 1, align: 16 },
            Event::Reallocate { birth: 0, size: 9 },
            Event::Free { birth: 2 },
            Event::Free { birth: 1 },
        ];
        assert_eq!((&converted.trace.events[..], converted.older), (&expected[..], 0));
    }

    #[test]
    fn blocks_older_than_the_recording_are_counted() {
        let records = [(2, 0, 1, 0x90, 0), (3, 0, 2, 0x80, 0), (4, 4, 3, 0x70, 5)];
        let converted = convert(&piece(&records)).expect("a sound piece");
        assert_eq!(converted.trace.events, [Event::Allocate { size: 5, align: 16 }]);
        assert_eq!(converted.older, 2);
    }

    #[test]
    fn a_block_where_another_lived_ends_it() {
        let records = [(1, 4, 1, 0x10, 8), (129, 4, 2, 0x10, 9)];
        let converted = convert(&piece(&records)).expect("a sound piece");
        let (trace, unended) = (converted.trace, converted.unended);
        assert_eq!((trace.events[1], unended), (Event::Free { birth: 0 }, 1));
        assert_eq!(trace.zeroed, [1]);
    }

    #[test]
    fn a_piece_that_was_copied_counts_once() {
        let twice = piece(&[(5, 0, 0, 3, 0), (1, 4, 1, 0x10, 8), (2, 0, 2, 0x10, 0)]);
        let converted = convert(&[&twice[..], &twice].concat()).expect("two sound pieces");
        assert_eq!((converted.trace.events.len(), converted.older), (2, 0));
    }

    #[test]
    fn a_piece_that_is_not_whole_is_a_cut_and_an_empty_one_is_no_event() {
        let whole = piece(&[(1, 4, 1, 0x10, 8)]);
        let short = [&whole[..], &whole[..100]].concat();
        let (trace, cut) = Trace::read(&short).expect("one sound piece");
        assert_eq!((trace.events.len(), cut), (1, Some(Cut { events: 1, bytes: 100 })));
        assert_eq!(Trace::read(&piece(&[])), Err(Fault::Empty));
        let zeros = [whole, vec![0; PIECE]].concat();
        assert!(Trace::read(&zeros).is_ok());
        let damaged = [zeros, b"BRT\n".repeat(PIECE / 4)].concat();
        assert_eq!(Trace::read(&damaged), Err(Fault::Checksum { at: 2 * PIECE }));
    }
}
