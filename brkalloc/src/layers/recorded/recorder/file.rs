//! The file of a recording: its name, its beginning, and each further piece.
//!
//! ```text
//!  PATH.PID.raw    PATH.PID.1.raw   after an exec, which keeps the process's number
//! ```
//!
//! No descriptor stays open: programs close those that they do not know, and use their numbers for
//! files of their own. So each piece opens the file again, and looks whether it is still the same.
//! The piece of a thread is allocated on the disk before it is mapped, because a store into a page
//! that the disk has no room for would end the program.

use super::kept::{errno, retried};
use super::piece::{BYTES, Piece};
use core::ffi::{CStr, c_int};
use core::fmt::{self, Write};
use core::ptr::null_mut;

/// Bytes of a path, the zero at its end included.
const LENGTH: usize = 4096;

/// Why a recording cannot go on, for the line that says so.
#[derive(Clone, Copy)]
pub(super) enum Trouble {
    /// The system refused a call: its `errno`.
    System(c_int),
    /// The path has more bytes than the system takes.
    Path,
    /// Another file has the name now.
    Replaced,
    /// The process may not write larger files.
    Limit,
    /// The process has too many recordings or thread-specific values.
    Crowded,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::System(libc::ENOSPC | libc::EDQUOT) => "no space left on the disk; free some",
            Self::System(libc::EACCES | libc::EPERM | libc::EROFS) => {
                "the folder cannot be written; choose another"
            }
            Self::System(libc::ENOENT | libc::ENOTDIR) => "there is no such folder; make it",
            Self::System(errno) => return write!(f, "the system refuses with errno {errno}"),
            Self::Path => "the path is too long; choose a shorter one",
            Self::Replaced => "another file has its name now; give each recording its own",
            Self::Limit => "the limit of file sizes is reached; raise `ulimit -f`",
            Self::Crowded => "too many recordings or thread-specific keys in one process",
        })
    }
}

/// A path, as the system takes it: it ends with a zero.
pub(super) struct Path {
    bytes: [u8; LENGTH],
    length: usize,
}

impl Path {
    pub(super) const EMPTY: Self = Self { bytes: [0; LENGTH], length: 0 };

    /// Becomes `text`, below the working directory unless it begins at the root.
    pub(super) fn set(&mut self, text: &[u8]) -> Result<(), Trouble> {
        self.length = 0;
        if text.first() != Some(&b'/') {
            // SAFETY: the buffer has so many bytes.
            let folder = unsafe { libc::getcwd(self.bytes.as_mut_ptr().cast(), LENGTH) };
            if folder.is_null() {
                return Err(trouble());
            }
            self.length = self.bytes.iter().position(|byte| *byte == 0).unwrap_or(0);
            self.add(b"/")?;
        }
        self.add(text)
    }

    fn add(&mut self, text: &[u8]) -> Result<(), Trouble> {
        let end = self.length + text.len();
        // One byte is left for the zero.
        let room = self.bytes.get_mut(self.length..end).filter(|_| end < LENGTH);
        room.ok_or(Trouble::Path)?.copy_from_slice(text);
        self.length = end;
        Ok(())
    }

    fn as_c(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or(c"")
    }

    /// Its text, as far as it is text.
    pub(super) fn show(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or(&[]);
        core::str::from_utf8(bytes).unwrap_or("the file")
    }

    /// Cuts the path to `length`, and clears what was behind.
    fn cut(&mut self, length: usize) {
        self.bytes.iter_mut().skip(length).for_each(|byte| *byte = 0);
        self.length = length;
    }
}

impl Write for Path {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

/// Which file it is, whatever its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(libc::dev_t, libc::ino64_t);

/// A file for one process.
pub(super) struct File {
    /// The path that the recorder was given, made absolute; then that of the file.
    path: Path,
    /// Bytes of the former.
    base: usize,
    identity: Identity,
}

impl File {
    pub(super) const NONE: Self = Self { path: Path::EMPTY, base: 0, identity: Identity(0, 0) };

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Has files at `base`, which no attribute names.
    pub(super) fn set_base(&mut self, base: &[u8]) -> Result<(), Trouble> {
        self.path.set(base)?;
        self.base = self.path.length;
        Ok(())
    }

    /// Makes a file for this process, with the next number that is free. `base` counts once: a
    /// child goes on from its parent's, wherever it works.
    pub(super) fn make(&mut self, base: &[u8]) -> Result<(), Trouble> {
        if self.base == 0 {
            self.set_base(base)?;
        }
        // SAFETY: the call has no precondition.
        let process = unsafe { libc::getpid() };
        for number in 0..u32::MAX {
            self.path.cut(self.base);
            let written = match number {
                0 => write!(self.path, ".{process}.raw"),
                _ => write!(self.path, ".{process}.{number}.raw"),
            };
            written.map_err(|_| Trouble::Path)?;
            match Open::new(&self.path, libc::O_CREAT | libc::O_EXCL) {
                Ok(file) => {
                    self.identity = file.identity()?;
                    return Ok(());
                }
                Err(Trouble::System(libc::EEXIST)) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Err(Trouble::Crowded)
    }

    /// Maps a new piece at `offset`, which is the end of the file, or will be.
    pub(super) fn piece(&self, offset: u64) -> Result<&'static Piece, Trouble> {
        let (file, offset) = self.open(offset)?;
        file.extend(offset)?;
        file.map(offset)
    }

    /// Copies a piece to `offset`, which is the end of the file, or will be.
    pub(super) fn copy(&self, piece: &Piece, offset: u64) -> Result<(), Trouble> {
        let (file, offset) = self.open(offset)?;
        file.reserve(offset);
        let bytes: *const Piece = piece;
        // SAFETY: a piece has so many bytes; nobody but this thread changes it.
        match retried(|| unsafe { libc::pwrite64(file.0, bytes.cast(), BYTES, offset) }) {
            -1 => Err(trouble()),
            written if usize::try_from(written) == Ok(BYTES) => Ok(()),
            _ => Err(Trouble::System(libc::ENOSPC)),
        }
    }

    /// Opens the file to make it longer by a piece at `offset`.
    fn open(&self, offset: u64) -> Result<(Open, libc::off64_t), Trouble> {
        let file = Open::new(&self.path, 0)?;
        if file.identity()? != self.identity {
            return Err(Trouble::Replaced);
        }
        let end = offset.checked_add(BYTES as u64).ok_or(Trouble::Limit)?;
        let mut limit = libc::rlimit64 { rlim_cur: libc::RLIM64_INFINITY, rlim_max: 0 };
        // A file beyond the limit would be a signal that ends the program.
        // SAFETY: the limit has room for what the system says.
        unsafe { libc::getrlimit64(libc::RLIMIT_FSIZE, &raw mut limit) };
        if limit.rlim_cur < end {
            return Err(Trouble::Limit);
        }
        Ok((file, libc::off64_t::try_from(offset).map_err(|_| Trouble::Limit)?))
    }
}

/// An open file, which is closed when it is dropped.
struct Open(c_int);

impl Open {
    fn new(path: &Path, flags: c_int) -> Result<Self, Trouble> {
        let flags = libc::O_RDWR | libc::O_CLOEXEC | libc::O_LARGEFILE | flags;
        // SAFETY: the path ends with a zero.
        match retried(|| unsafe { libc::open(path.as_c().as_ptr(), flags, 0o666) }) {
            -1 => Err(trouble()),
            number => Ok(Self(number)),
        }
    }

    fn identity(&self) -> Result<Identity, Trouble> {
        let mut status = core::mem::MaybeUninit::<libc::stat64>::uninit();
        // SAFETY: the status has room for what the system says.
        if unsafe { libc::fstat64(self.0, status.as_mut_ptr()) } != 0 {
            return Err(trouble());
        }
        // SAFETY: the call has succeeded, so the status was written.
        let status = unsafe { status.assume_init() };
        Ok(Identity(status.st_dev, status.st_ino))
    }

    /// Takes room for a piece on the disk.
    fn extend(&self, offset: libc::off64_t) -> Result<(), Trouble> {
        const LENGTH: libc::off64_t = 1 << 16;
        const _: () = assert!(LENGTH.unsigned_abs() == BYTES as u64);
        // SAFETY: the call touches no memory.
        if retried(|| unsafe { libc::fallocate64(self.0, 0, offset, LENGTH) }) == 0 {
            return Ok(());
        }
        match errno() {
            // A file system that cannot: zeros that are written take room as well.
            libc::EOPNOTSUPP | libc::ENOSYS => self.write_zeros(offset),
            errno => Err(Trouble::System(errno)),
        }
    }

    /// Takes room for the next pieces at once, which is up to a tenth of the time of recording. The file
    /// grows no longer by it, and a system that refuses takes room for each piece as it comes.
    fn reserve(&self, offset: libc::off64_t) {
        const STEP: libc::off64_t = 4 << 20;
        if offset % STEP == 0 {
            // SAFETY: the call touches no memory.
            unsafe { libc::fallocate64(self.0, libc::FALLOC_FL_KEEP_SIZE, offset, STEP) };
        }
    }

    fn write_zeros(&self, offset: libc::off64_t) -> Result<(), Trouble> {
        const ZEROS: [u8; 4096] = [0; 4096];
        for step in 0..16 {
            let at = offset + step * 4096;
            // SAFETY: so many bytes can be read.
            match retried(|| unsafe {
                libc::pwrite64(self.0, ZEROS.as_ptr().cast(), ZEROS.len(), at)
            }) {
                -1 => return Err(trouble()),
                4096 => {}
                _ => return Err(Trouble::System(libc::ENOSPC)),
            }
        }
        Ok(())
    }

    fn map(&self, offset: libc::off64_t) -> Result<&'static Piece, Trouble> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping, wherever there is room, touches no other memory.
        let memory =
            unsafe { libc::mmap64(null_mut(), BYTES, access, libc::MAP_SHARED, self.0, offset) };
        if memory == libc::MAP_FAILED {
            return Err(trouble());
        }
        // SAFETY: the mapping has a piece's bytes, begins at a page, and stays until `unmap`; any
        // bytes are a piece.
        Ok(unsafe { &*memory.cast::<Piece>() })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: the number is ours, and nobody uses it any more.
        unsafe { libc::close(self.0) };
    }
}

/// Returns a piece's memory; the file keeps what it says.
///
/// # Safety
///
/// Nobody uses the piece any more.
pub(super) unsafe fn unmap(piece: &'static Piece) {
    let memory = (&raw const *piece).cast_mut().cast();
    // SAFETY: `map` made a mapping of so many bytes there; the caller guarantees the rest.
    unsafe { libc::munmap(memory, BYTES) };
}

fn trouble() -> Trouble {
    Trouble::System(errno())
}

/// Writes one line to standard error.
pub(super) fn say(path: &Path, trouble: Trouble) {
    let mut line = Line { bytes: [0; 512], length: 0 };
    let path = path.show();
    // A line that does not fit is cut.
    let _ = write!(line, "brkalloc: recording stops, the program goes on: {trouble} ({path}");
    let length = line.length.min(line.bytes.len() - 2);
    line.length = length;
    let _ = line.write_str(")\n");
    // SAFETY: so many bytes can be read.
    unsafe { libc::write(2, line.bytes.as_ptr().cast(), line.length) };
}

struct Line {
    bytes: [u8; 512],
    length: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        for (place, byte) in room.iter_mut().zip(text.bytes()) {
            *place = byte;
            self.length += 1;
        }
        Ok(())
    }
}
