//! The recorder: every allocation and free becomes a record in a file that the process has mapped.
//!
//! ```text
//!  thread 0 ──► piece ┐  sequence numbers from one counter          PATH.PID.raw
//!  thread 1 ──► piece ┼─────────────────────────────────► | piece | piece | piece | copy | …
//!  thread 2 ──► piece ┘                                     64 KiB each; a full piece is copied
//! ```
//!
//! A record is four stores into the file's pages. So `exec`, `_exit` and `kill -9` lose nothing, and
//! nothing has to be written at the end. Nothing here allocates, unwinds or waits: a thread finds
//! its piece by a thread-specific value, and shares with others only counters. A free takes its
//! sequence number before the block is freed, an allocation after it was made: so an address is
//! never in use twice, in the order of the numbers.
//!
//! The child of a `fork` begins a file of its own with its first request. When the disk is full or
//! the folder cannot be written, recording stops with one line on standard error, and the program
//! goes on.
//!
//! This folder uses `core` and `libc` alone: the library for `LD_PRELOAD` that `cargo brkalloc
//! record` builds has a copy of it.

mod file;
mod kept;
mod piece;

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use file::{File, Trouble, say, unmap};
use kept::Kept;
use piece::{BYTES, Kind, Piece};

/// It was not told where to record.
const IDLE: u32 = 0;
/// The process has no file yet.
const CLOSED: u32 = 1;
/// A thread makes the file. What happens meanwhile is not recorded, for nobody waits.
const OPENING: u32 = 2;
const OPEN: u32 = 3;
const STOPPED: u32 = 4;

/// Pieces of threads that have ended, which others may fill up.
const SPARES: usize = 16;
/// glibc allocates for a thread-specific value with a number from here on.
const KEYS: u32 = 32;

/// Every recorder of the process that has begun.
static RECORDERS: [AtomicPtr<Recorder>; 8] = [const { AtomicPtr::new(null_mut()) }; 8];
/// Whether the handler of forks is installed.
static IS_INSTALLED: AtomicBool = AtomicBool::new(false);

/// A recorder: a static, for one file in each process.
pub struct Recorder {
    state: AtomicU32,
    sequence: AtomicU64,
    threads: AtomicU32,
    /// Bytes of the file that are taken.
    taken: AtomicU64,
    /// The thread-specific value: the piece of each thread.
    key: AtomicU32,
    /// Its place in `RECORDERS`, plus one; 0 before it has begun.
    number: AtomicU32,
    /// The process that has the file.
    process: AtomicI32,
    spares: [AtomicPtr<Piece>; SPARES],
    /// The path as the attribute has it.
    path: &'static str,
    /// Written by who has turned `CLOSED` to `OPENING`; read in `OPEN`.
    file: UnsafeCell<File>,
}

// SAFETY: `state` says who may use `file`; all else is atomic.
unsafe impl Sync for Recorder {}

impl core::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Recorder").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Returns a recorder into files whose names begin with `path`.
    #[must_use]
    pub const fn new(path: &'static str) -> Self {
        Self {
            state: AtomicU32::new(if path.is_empty() { IDLE } else { CLOSED }),
            sequence: AtomicU64::new(1),
            threads: AtomicU32::new(0),
            taken: AtomicU64::new(0),
            key: AtomicU32::new(0),
            number: AtomicU32::new(0),
            process: AtomicI32::new(0),
            spares: [const { AtomicPtr::new(null_mut()) }; SPARES],
            path,
            file: UnsafeCell::new(File::NONE),
        }
    }

    /// Whether it waits to be told where to record.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.state.load(Ordering::Relaxed) == IDLE
    }

    /// Tells an idle recorder with which path the names of its files begin, and makes the first: its
    /// being there says that the recorder was.
    pub fn begin_at(&'static self, path: &[u8]) {
        let turn = self.state.compare_exchange(IDLE, OPENING, Ordering::Acquire, Ordering::Relaxed);
        if turn.is_err() {
            return;
        }
        let _kept = Kept::new();
        // SAFETY: who has turned the state alone uses the file until it turns it again.
        let file = unsafe { &mut *self.file.get() };
        match file.set_base(path) {
            Ok(()) => {
                self.state.store(CLOSED, Ordering::Release);
                self.open();
            }
            Err(trouble) => {
                self.state.store(STOPPED, Ordering::Release);
                say(file.path(), trouble);
            }
        }
    }

    /// Has an idle recorder wait no longer: it records nothing.
    pub fn rest(&self) {
        let _ = self.state.compare_exchange(IDLE, STOPPED, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Records a block that was handed out.
    #[inline]
    pub fn allocated(&'static self, address: usize, size: usize, align: usize, zeroed: bool) {
        let kind = if zeroed { Kind::AllocateZeroed } else { Kind::Allocate };
        self.record(kind, align, address, size);
    }

    /// Records a block that is about to be freed.
    #[inline]
    pub fn frees(&'static self, address: usize) {
        self.record(Kind::Free, 1, address, 0);
    }

    /// Records a block that is about to be resized.
    #[inline]
    pub fn resizes(&'static self, address: usize) {
        self.record(Kind::Resizes, 1, address, 0);
    }

    /// Records the outcome: where the block is now. Address 0 means that it failed, or, with size 0,
    /// that the block was freed.
    #[inline]
    pub fn resized(&'static self, address: usize, size: usize, align: usize) {
        self.record(Kind::Resized, align, address, size);
    }

    #[inline]
    fn record(&'static self, kind: Kind, align: usize, address: usize, size: usize) {
        let state = self.state.load(Ordering::Acquire);
        let piece = if state == OPEN { self.piece() } else { None };
        let Some(piece) = piece.filter(|piece| !piece.is_full()).or_else(|| self.next(piece))
        else {
            return;
        };
        let log2 = align.trailing_zeros().to_le_bytes()[0];
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        piece.push(sequence, kind, log2, address as u64, size as u64);
    }

    /// Returns the piece of this thread.
    #[inline]
    fn piece(&self) -> Option<&'static Piece> {
        let key = self.key.load(Ordering::Relaxed);
        // SAFETY: the key was made before the state became `OPEN`, and stays.
        let piece = unsafe { libc::pthread_getspecific(key) };
        // SAFETY: the value is null, or the piece of this thread, which stays mapped until the
        // thread has another.
        unsafe { piece.cast::<Piece>().as_ref() }
    }

    /// Makes room in the piece of this thread, if it is `full`, or gives it one; nothing if nothing is
    /// recorded.
    #[cold]
    #[inline(never)]
    fn next(&'static self, full: Option<&'static Piece>) -> Option<&'static Piece> {
        let state = self.state.load(Ordering::Acquire);
        if state == STOPPED {
            return None;
        }
        let _kept = Kept::new();
        if state == OPEN && self.process.load(Ordering::Relaxed) != process() {
            // The child of a vfork, whose memory is its parent's, or of a fork that no handler was
            // told of. The file is the parent's.
            return None;
        }
        if state == CLOSED {
            self.open();
        }
        if self.state.load(Ordering::Acquire) != OPEN {
            return None;
        }
        let made = match full {
            Some(full) => self.empty(full, full.thread()),
            None => self.first(),
        };
        made.map_err(|trouble| self.stop(trouble)).ok()
    }

    /// Returns the first piece of this thread.
    fn first(&'static self) -> Result<&'static Piece, Trouble> {
        let thread = self.threads.fetch_add(1, Ordering::Relaxed);
        let piece = match self.spare() {
            Some(spare) if spare.is_nearly_full() => self.empty(spare, thread)?,
            Some(spare) => spare,
            // SAFETY: the state is `OPEN`, in which nobody writes it.
            None => unsafe { &*self.file.get() }.piece(self.take())?,
        };
        piece.begin(self.number.load(Ordering::Relaxed), thread);
        let value: *const Piece = piece;
        // SAFETY: the key is ours; the piece stays mapped until the thread ends.
        unsafe { libc::pthread_setspecific(self.key.load(Ordering::Relaxed), value.cast()) };
        Ok(piece)
    }

    /// Copies a piece to the end of the file, and begins it again for `thread`.
    fn empty(&self, piece: &'static Piece, thread: u32) -> Result<&'static Piece, Trouble> {
        // SAFETY: the state is `OPEN`, in which nobody writes it.
        unsafe { &*self.file.get() }.copy(piece, self.take())?;
        piece.clear();
        piece.begin(self.number.load(Ordering::Relaxed), thread);
        Ok(piece)
    }

    /// Takes the place of a piece at the end of the file.
    fn take(&self) -> u64 {
        self.taken.fetch_add(BYTES as u64, Ordering::Relaxed)
    }

    /// Takes a piece that a thread has left.
    fn spare(&self) -> Option<&'static Piece> {
        self.spares.iter().find_map(|spare| {
            if spare.load(Ordering::Relaxed).is_null() {
                return None;
            }
            let piece = spare.swap(null_mut(), Ordering::Acquire);
            // SAFETY: null, or a mapped piece that was put there; the exchange made it ours.
            unsafe { piece.as_ref() }
        })
    }

    /// Makes the file of this process, unless another thread does.
    fn open(&'static self) {
        let turn =
            self.state.compare_exchange(CLOSED, OPENING, Ordering::Acquire, Ordering::Relaxed);
        if turn.is_err() {
            return;
        }
        // SAFETY: who has turned the state alone uses the file until it turns it again.
        let file = unsafe { &mut *self.file.get() };
        let path = self.path.as_bytes();
        match self.begin().and_then(|()| file.make(path)) {
            Ok(()) => {
                self.process.store(process(), Ordering::Relaxed);
                self.state.store(OPEN, Ordering::Release);
            }
            Err(trouble) => {
                self.state.store(STOPPED, Ordering::Release);
                say(file.path(), trouble);
            }
        }
    }

    /// Signs in, once: for forks, and for the ends of threads.
    fn begin(&'static self) -> Result<(), Trouble> {
        if self.number.load(Ordering::Relaxed) != 0 {
            return Ok(());
        }
        let own: *const Self = self;
        let own = own.cast_mut();
        let place = RECORDERS.iter().position(|place| {
            place.compare_exchange(null_mut(), own, Ordering::Release, Ordering::Relaxed).is_ok()
        });
        let number = place.and_then(|place| u32::try_from(place + 1).ok());
        let number = number.ok_or(Trouble::Crowded)?;
        let mut key = 0;
        // SAFETY: the key has a place, and the handler stays.
        if unsafe { libc::pthread_key_create(&raw mut key, Some(thread_ends)) } != 0 || KEYS <= key
        {
            return Err(Trouble::Crowded);
        }
        self.key.store(key, Ordering::Relaxed);
        self.number.store(number, Ordering::Relaxed);
        if !IS_INSTALLED.swap(true, Ordering::Relaxed) {
            // SAFETY: the handler stays, as the code of this static does.
            unsafe { libc::pthread_atfork(None, None, Some(forked)) };
        }
        Ok(())
    }

    /// Records nothing from here on.
    fn stop(&self, trouble: Trouble) {
        if self.state.swap(STOPPED, Ordering::AcqRel) == OPEN {
            // SAFETY: the state was `OPEN`, and becomes nothing else but in the child of a fork.
            say(unsafe { &*self.file.get() }.path(), trouble);
        }
    }

    /// Begins anew in the child of a fork, whose one thread this is.
    fn forget(&self) {
        let _ = self.state.compare_exchange(OPEN, CLOSED, Ordering::Relaxed, Ordering::Relaxed);
        let _ = self.state.compare_exchange(OPENING, CLOSED, Ordering::Relaxed, Ordering::Relaxed);
        self.sequence.store(1, Ordering::Relaxed);
        self.threads.store(0, Ordering::Relaxed);
        self.taken.store(0, Ordering::Relaxed);
        // They are the parent's, which goes on to fill them.
        self.spares.iter().for_each(|spare| spare.store(null_mut(), Ordering::Relaxed));
        if self.number.load(Ordering::Relaxed) != 0 {
            // SAFETY: the key is ours.
            unsafe { libc::pthread_setspecific(self.key.load(Ordering::Relaxed), null()) };
        }
    }
}

fn process() -> libc::pid_t {
    // SAFETY: the call has no precondition.
    unsafe { libc::getpid() }
}

/// Every recorder that has begun.
fn recorders() -> impl Iterator<Item = &'static Recorder> {
    // SAFETY: null, or a static that signed in.
    RECORDERS.iter().filter_map(|place| unsafe { place.load(Ordering::Acquire).as_ref() })
}

extern "C" fn forked() {
    recorders().for_each(Recorder::forget);
}

/// A thread ends: another may fill up its piece.
extern "C" fn thread_ends(piece: *mut c_void) {
    let piece: *mut Piece = piece.cast();
    // SAFETY: the system hands over the thread's value, which is a mapped piece.
    let Some(left) = (unsafe { piece.as_ref() }) else { return };
    let recorder = RECORDERS.get(left.recorder().wrapping_sub(1));
    // SAFETY: null, or a static that signed in.
    let recorder = recorder.and_then(|place| unsafe { place.load(Ordering::Acquire).as_ref() });
    if let Some(recorder) = recorder {
        let put = |spare: &AtomicPtr<Piece>| {
            spare.compare_exchange(null_mut(), piece, Ordering::Release, Ordering::Relaxed).is_ok()
        };
        if recorder.spares.iter().any(put) {
            return;
        }
    }
    // SAFETY: it was this thread's alone, and the system has cleared the value.
    unsafe { unmap(left) };
}
