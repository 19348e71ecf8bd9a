//! A piece of the file: 64 KiB that one thread at a time fills.
//!
//! ```text
//!  | "BRW\n" | version | in use | thread | record | record | …        2730 records
//!    4         4         4        4        24
//!
//!  a record   | sequence << 16 | log2 << 8 | kind |  address | size |
//!               8                                    8          8
//! ```
//!
//! A piece is mapped, shared with the file, so that nothing is lost that was stored before a process
//! ends, however it ends. A record's first word is stored last: a record without it was never made.
//! Atomics are what makes these stores sound, because a forked child may have the piece, too. The
//! crate `brkalloc-trace` reads it.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Bytes of a piece.
pub(super) const BYTES: usize = 1 << 16;
/// Records of a piece.
const RECORDS: usize = (BYTES - 16) / 24;
const _: () = assert!(size_of::<Piece>() == BYTES);

/// How a piece begins, and the version of its layout.
const START: u32 = u32::from_ne_bytes(*b"BRW\n");
const VERSION: u32 = 1;

/// What a record says.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Kind {
    Allocate = 1,
    Free = 2,
    Resizes = 3,
    Resized = 4,
    /// The piece belongs to another thread from here on.
    Thread = 5,
    AllocateZeroed = 0x81,
}

/// A piece, in the memory that is mapped.
#[repr(C)]
pub(super) struct Piece {
    start: AtomicU32,
    version: AtomicU32,
    /// Records in use, and above them the number of the recorder.
    in_use: AtomicU32,
    thread: AtomicU32,
    records: [[AtomicU64; 3]; RECORDS],
}

impl Piece {
    /// Makes it a piece of `thread`, as records from here on.
    pub(super) fn begin(&self, recorder: u32, thread: u32) {
        let in_use = self.in_use.load(Ordering::Relaxed) & 0xffff;
        self.in_use.store(recorder << 16 | in_use, Ordering::Relaxed);
        self.thread.store(thread, Ordering::Relaxed);
        self.version.store(VERSION, Ordering::Relaxed);
        self.start.store(START, Ordering::Release);
        self.push(0, Kind::Thread, 0, u64::from(thread), 0);
    }

    /// The number of the recorder whose file it is in.
    pub(super) fn recorder(&self) -> usize {
        (self.in_use.load(Ordering::Relaxed) >> 16) as usize
    }

    pub(super) fn thread(&self) -> u32 {
        self.thread.load(Ordering::Relaxed)
    }

    /// Whether there is room for a thread and a record.
    pub(super) fn has_room(&self) -> bool {
        (self.in_use.load(Ordering::Relaxed) & 0xffff) as usize + 2 <= RECORDS
    }

    /// Adds a record; nothing if the piece is full.
    #[inline]
    pub(super) fn push(&self, sequence: u64, kind: Kind, log2: u8, address: u64, size: u64) {
        let in_use = self.in_use.load(Ordering::Relaxed);
        let Some([first, second, third]) = self.records.get((in_use & 0xffff) as usize) else {
            return;
        };
        second.store(address, Ordering::Relaxed);
        third.store(size, Ordering::Relaxed);
        first.store(sequence << 16 | u64::from(log2) << 8 | kind as u64, Ordering::Release);
        self.in_use.store(in_use + 1, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        RECORDS <= (self.in_use.load(Ordering::Relaxed) & 0xffff) as usize
    }
}
