//! Sources: what an arena is made of.
//!
//! A source opens one contiguous window, of which the first part is committed, and commits more of
//! it on request. It holds no state: the heap keeps the [`Region`]. Nothing above this module calls
//! the system for memory, and nothing below knows what a chunk is.

#[cfg(not(unix))]
mod absent;
#[cfg(unix)]
mod brk;
mod claim;
mod fixed;
#[cfg(unix)]
mod mmap;
#[cfg(unix)]
mod system;
// They discard pages and look for zeros.
#[cfg(all(test, target_os = "linux"))]
mod tests;

#[cfg(not(unix))]
pub use absent::{Brk, Mmap};
#[cfg(unix)]
pub use brk::Brk;
pub use fixed::{Lent, Slice, Static, StaticArena, Storage};
#[cfg(unix)]
pub use mmap::Mmap;
#[cfg(unix)]
pub use system::{Libc, System};

use core::ptr::NonNull;

/// Whether a word can be read at `address`, as far as the system says.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn is_readable(address: *const u8) -> bool {
    /// No way to change a mask, so that the system reads one and then refuses.
    const NO_WAY: libc::c_int = -1;
    let _kept = crate::diag::errno::keep();
    let nowhere = core::ptr::null_mut::<u8>();
    // SAFETY: the call reads a mask of 8 bytes at the address, if it can, and changes nothing.
    let done =
        unsafe { libc::syscall(libc::SYS_rt_sigprocmask, NO_WAY, address, nowhere, 8_usize) };
    done == 0 || crate::diag::errno::get() != libc::EFAULT
}

/// The same, of a system that is not asked.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn is_readable(_: *const u8) -> bool {
    true
}

/// One window of memory, contiguous from `base` on.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// The first byte. Its provenance covers all `reserved` bytes.
    pub base: NonNull<u8>,
    /// Bytes from `base` on that can be read and written now.
    pub committed: usize,
    /// Bytes from `base` on that can be committed; `committed` or more.
    pub reserved: usize,
    /// Where the window came to lie.
    pub origin: Origin,
}

/// Where a window came to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Behind the program break.
    Break,
    /// In a mapping of its own.
    Mapping,
    /// In a static array of the program.
    Static,
    /// In bytes that the caller lent.
    Slice,
}

/// What an arena is made of.
///
/// # Safety
///
/// An implementor promises that
/// - a window that [`open`](Source::open) or [`open_aside`](Source::open_aside) returns begins at a multiple of
///   [`page_size`](Source::page_size), spans between 1 and `isize::MAX` bytes,
///   `committed <= reserved` of them, and belongs to the caller alone, for ever: no second call
///   returns any of its bytes, and nothing else reads, writes or unmaps them;
/// - what [`map`](Source::map) and [`remap`](Source::remap) return begins at a multiple of it, too,
///   and belongs to the caller alone until it is unmapped;
/// - the first `committed` bytes of a window, and those that [`commit`](Source::commit) has granted, are valid
///   for reads and writes;
/// - with [`ZEROED`](Source::ZEROED), every byte reads as zero until it is first written.
pub unsafe trait Source {
    /// Whether committed memory reads as zero until it is first written.
    const ZEROED: bool;
    /// Whether [`commit`](Source::commit) and [`discard`](Source::discard) can ever succeed.
    const GROWS: bool;
    /// The word that names the source in an attribute.
    const OPTION: &'static str;

    /// Opens a window of up to `limit` bytes whose first `arena` bytes are committed.
    ///
    /// Any two sizes will do: a `limit` below `arena` counts as `arena`, and both 0 are refused.
    /// Less than `limit` is reserved where the system grants less. `None`, with nothing held, where
    /// not even `arena` bytes are to be had, or where this source has lent its only window already.
    fn open(arena: usize, limit: usize) -> Option<Region>;

    /// Opens a window of `size` bytes, none of them committed, for what a heap keeps beside its
    /// window. `None` where there is no such room.
    #[must_use]
    fn open_aside(_size: usize) -> Option<Region> {
        None
    }

    /// Maps `size` bytes, whole pages, beside every window: readable, writable and zero. `None` where
    /// the system refuses.
    #[must_use]
    fn map(_size: usize) -> Option<NonNull<u8>> {
        None
    }

    /// Gives a mapping back.
    ///
    /// # Safety
    ///
    /// `base` and `size` are those of a mapping that [`map`](Source::map) or
    /// [`remap`](Source::remap) returned, and nobody uses it any more.
    unsafe fn unmap(_base: NonNull<u8>, _size: usize) {}

    /// Makes a mapping of `size` bytes one of `target` bytes, whole pages, whose first bytes are the
    /// same and whose new ones are zero; where it stands unless it `may_move`. `None`, with nothing
    /// changed, where the system cannot do that.
    ///
    /// # Safety
    ///
    /// `base` and `size` are those of a mapping that [`map`](Source::map) or `remap` returned, and
    /// nobody has a reference into it.
    #[must_use]
    unsafe fn remap(
        _base: NonNull<u8>,
        _size: usize,
        _target: usize,
        _may_move: bool,
    ) -> Option<NonNull<u8>> {
        None
    }

    /// The system's page size in bytes, a power of two of at least 16.
    fn page_size() -> usize;

    /// Makes the bytes `from..to` of the window at `base` readable and writable, rounding outward
    /// to pages; `false`, with nothing changed, where the system refuses.
    ///
    /// # Safety
    ///
    /// `base` is that of a window that this source opened; `from` is a multiple of
    /// [`page_size`](Source::page_size), or the byte just below it is committed; `from <= to`, and
    /// `to` is at most what it reserved.
    unsafe fn commit(base: NonNull<u8>, from: usize, to: usize) -> bool;

    /// Gives the whole pages within the bytes `from..to` of the window at `base` back to the
    /// system. They stay committed and read as zero from then on. `false`, with nothing changed,
    /// where the system refuses.
    ///
    /// # Safety
    ///
    /// `base` is that of a window that this source opened; `from <= to`, all of it is committed,
    /// and nobody needs the bytes of those pages any more.
    unsafe fn discard(base: NonNull<u8>, from: usize, to: usize) -> bool;
}
