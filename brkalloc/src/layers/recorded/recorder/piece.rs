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
//! ends, however it ends. A record counts once the number in use says so. A full piece is copied to
//! the end of the file, which costs a tenth of mapping another, and begins again: after a kill
//! between the two a record may be there twice. Atomics are what makes these stores sound, because a
//! forked child may have the piece, too. The crate `brkalloc-trace` reads it.

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

    /// Whether a thread and a record would find no room.
    pub(super) fn is_nearly_full(&self) -> bool {
        RECORDS < self.count() + 2
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        RECORDS <= self.count()
    }

    #[inline]
    fn count(&self) -> usize {
        (self.in_use.load(Ordering::Relaxed) & 0xffff) as usize
    }

    /// Forgets every record: they stand elsewhere in the file.
    pub(super) fn clear(&self) {
        let recorder = self.in_use.load(Ordering::Relaxed) & !0xffff;
        self.in_use.store(recorder, Ordering::Relaxed);
    }

    /// Adds a record; nothing if the piece is full.
    #[inline]
    pub(super) fn push(&self, sequence: u64, kind: Kind, log2: u8, address: u64, size: u64) {
        let in_use = self.in_use.load(Ordering::Relaxed);
        let Some([first, second, third]) = self.records.get((in_use & 0xffff) as usize) else {
            return;
        };
        let word = sequence << 16 | u64::from(log2) << 8 | kind as u64;
        first.store(word, Ordering::Relaxed);
        second.store(address, Ordering::Relaxed);
        third.store(size, Ordering::Relaxed);
        self.in_use.store(in_use + 1, Ordering::Release);
    }
}
