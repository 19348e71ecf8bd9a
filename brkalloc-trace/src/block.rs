//! A block of the file: its header, and the index that describes all blocks.
//!
//! ```text
//!  | tag | count | length | CRC-32 of the body | CRC-32 of these 16 bytes | body: length bytes |
//!    4     4       4        4                    4                                   little-endian
//!
//!  tag "rows"    count: events
//!      the body: number of runs; for each run its thread and its events; then the rows
//!  tag "ends"    count: blocks of rows; the last block
//!      the body: for each block its bytes and its events; then the bytes of this block in four bytes
//! ```
//!
//! The header has a checksum of its own, so that a wrong length is not mistaken for a short file.

use crate::crc::crc32;
use crate::row::put;

pub(crate) const HEADER: usize = 20;
pub(crate) const ROWS: [u8; 4] = *b"rows";
pub(crate) const ENDS: [u8; 4] = *b"ends";

/// A block as it lies in a file.
pub(crate) struct Block<'a> {
    pub(crate) tag: [u8; 4],
    pub(crate) count: u32,
    pub(crate) body: &'a [u8],
}

/// What may lie where a block should.
pub(crate) enum Found<'a> {
    Block(Block<'a>),
    /// The file ends within the block.
    Short,
    /// A checksum is wrong.
    Damaged,
}

/// Looks at the block with which `bytes` begins.
pub(crate) fn find(bytes: &[u8]) -> Found<'_> {
    let Some((header, rest)) = bytes.split_at_checked(HEADER) else {
        return Found::Short;
    };
    let word = |index: usize| {
        let at = 4 * index;
        [header[at], header[at + 1], header[at + 2], header[at + 3]]
    };
    if crc32(&header[..HEADER - 4]) != u32::from_le_bytes(word(4)) {
        return Found::Damaged;
    }
    let length = usize::try_from(u32::from_le_bytes(word(2))).unwrap_or(usize::MAX);
    let Some(body) = rest.get(..length) else {
        return Found::Short;
    };
    if crc32(body) != u32::from_le_bytes(word(3)) {
        return Found::Damaged;
    }
    Found::Block(Block { tag: word(0), count: u32::from_le_bytes(word(1)), body })
}

/// The bytes of a block.
///
/// # Panics
///
/// If the body has 4 GiB, which 65,536 events are far from.
pub(crate) fn bytes(tag: [u8; 4], count: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("a block is bounded by its events");
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend(tag);
    for word in [count, length, crc32(body)] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(crc32(&bytes).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// The blocks of rows so far: bytes and events of each.
#[derive(Debug, Default)]
pub(crate) struct Index(Vec<(usize, usize)>);

impl Index {
    pub(crate) fn add(&mut self, bytes: usize, events: usize) {
        self.0.push((bytes, events));
    }

    /// The block at the end of the file.
    pub(crate) fn block(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (bytes, events) in &self.0 {
            put(*bytes as u64, &mut body);
            put(*events as u64, &mut body);
        }
        // More blocks than four bytes can count are 2^48 events.
        let whole = u32::try_from(HEADER + body.len() + 4).unwrap_or(u32::MAX);
        body.extend(whole.to_le_bytes());
        bytes(ENDS, u32::try_from(self.0.len()).unwrap_or(u32::MAX), &body)
    }
}
