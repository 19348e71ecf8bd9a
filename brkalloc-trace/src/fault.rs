//! What may be wrong with a trace, each in one line that says what to do.

use crate::row::RowFault;
use core::fmt;

/// Why a file cannot be read as a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It begins as no trace does.
    NotATrace,
    /// Another version than this crate reads.
    Version(u32),
    /// A block does not have its checksum.
    Checksum {
        /// Offset of the block's first byte.
        at: usize,
    },
    /// A block has its checksum, and a row that cannot be.
    Row {
        /// Offset of the block's first byte.
        at: usize,
        /// What is wrong with the row.
        fault: RowFault,
    },
    /// The index at the end does not describe the blocks, or bytes follow it.
    Index {
        /// Offset of the index, or of what follows it.
        at: usize,
    },
    /// Not one event.
    Empty,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotATrace => {
                write!(f, "not a trace: make one with `cargo brkalloc record -- PROGRAM`")
            }
            Self::Version(version) => write!(
                f,
                "a trace of version {version}, but this program reads {}: \
                 install a brkalloc of the version that recorded it",
                crate::VERSION
            ),
            Self::Checksum { at } => write!(
                f,
                "damaged: the block at byte {at} does not match its checksum; \
                 copy the file again or record it again"
            ),
            Self::Row { at, fault } => {
                write!(f, "the block at byte {at} has a row that cannot be (")?;
                match fault {
                    RowFault::Length => write!(f, "it and its rows differ in length")?,
                    RowFault::TooLarge => write!(f, "a number that is too large")?,
                    RowFault::Age(age) => write!(f, "no live object has the age {age}")?,
                }
                write!(f, "): whoever wrote it is at fault; record it again")
            }
            Self::Index { at } => {
                write!(
                    f,
                    "damaged: the index at byte {at} belongs to another trace; record it again"
                )
            }
            Self::Empty => {
                write!(
                    f,
                    "no events: the program allocated nothing, or ended before it could be recorded"
                )
            }
        }
    }
}

impl core::error::Error for Fault {}

/// Where a truncated trace was read to: its program or a copy of it ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Events that were read.
    pub events: usize,
    /// Bytes after them that were not.
    pub bytes: usize,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, bytes } = self;
        write!(
            f,
            "the file was cut short: its first {events} events are read, {bytes} bytes after them are not"
        )
    }
}
