//! Sources of memory for arenas.
//!
//! A source opens one contiguous window, whose first part is committed. On request it commits more
//! of it, and reserves more address space right behind it. It holds no state: the heap keeps the
//! [`Region`]. Nothing above this module calls the system for memory, and nothing below knows
//! chunks.

#[cfg(not(any(unix, windows)))]
mod absent;
#[cfg(unix)]
mod brk;
mod claim;
mod fixed;
mod linker;
#[cfg(unix)]
mod mmap;
#[cfg(unix)]
mod system;
#[cfg(all(target_arch = "wasm32", not(unix)))]
mod wasm;
#[cfg(windows)]
mod windows;
// They discard pages and look for zeros.
#[cfg(all(test, target_os = "linux"))]
mod tests;

#[cfg(not(any(unix, windows, target_arch = "wasm32")))]
pub use absent::Brk;
#[cfg(not(any(unix, windows)))]
pub use absent::Mmap;
#[cfg(unix)]
pub use brk::Brk;
pub use claim::Claim;
pub use fixed::{Lent, PlacedArena, Slice, Static, StaticArena, Storage};
pub use linker::{ByScript, Linker, Script};
#[cfg(unix)]
pub use mmap::Mmap;
#[cfg(unix)]
pub use system::{Libc, System};
#[cfg(all(target_arch = "wasm32", not(unix)))]
pub use wasm::Brk;
#[cfg(windows)]
pub use windows::{Brk, Mmap};

use core::ptr::NonNull;

/// Whether the word at `address` is readable, as far as the system says.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn is_readable(address: *const u8) -> bool {
    /// No valid way to change a mask, so that the system reads one and then refuses.
    const NO_WAY: libc::c_int = -1;
    let _kept = crate::diag::errno::keep();
    let nowhere = core::ptr::null_mut::<u8>();
    // SAFETY: the call reads a mask of 8 bytes at the address, if it can, and changes nothing.
    let done =
        unsafe { libc::syscall(libc::SYS_rt_sigprocmask, NO_WAY, address, nowhere, 8_usize) };
    done == 0 || crate::diag::errno::get() != libc::EFAULT
}

/// On other systems, assumes that the word is readable.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn is_readable(_: *const u8) -> bool {
    true
}

/// One window of memory, contiguous from `base` on.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// The first byte. Its provenance covers all `reserved` bytes, and is exposed.
    pub base: NonNull<u8>,
    /// Bytes from `base` on that are readable and writable now.
    pub committed: usize,
    /// Bytes from `base` on that are address space of the window now; at least `committed`.
    pub reserved: usize,
    /// Where the window lies.
    pub origin: Origin,
}

/// Where a window lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Behind the program break.
    Break,
    /// In a mapping of its own.
    Mapping,
    /// In a static array of the program.
    Static,
    /// In memory that the linker script sets apart.
    Linker,
    /// In bytes that the caller lent.
    Slice,
}

/// A source of memory for an arena.
///
/// # Safety
///
/// An implementor promises that
/// - a window that [`open`](Source::open) returns begins at a multiple of
///   [`page_size`](Source::page_size), spans between 1 and `isize::MAX` bytes,
///   `committed <= reserved` of them, and belongs to the caller alone, for ever: no second call
///   returns any of its bytes, and nothing else reads, writes or unmaps them; the same holds for
///   the bytes by which [`extend`](Source::extend) extends it, whose provenance is exposed;
/// - the mappings that [`map`](Source::map) and [`remap`](Source::remap) return begin at a multiple
///   of it, too, and belong to the caller alone until they are unmapped;
/// - the first `committed` bytes of a window, and those that [`commit`](Source::commit) has granted, are valid
///   for reads and writes; without [`RESERVES`](Source::RESERVES), so are those that `extend` has granted;
/// - with [`ZEROED`](Source::ZEROED), every byte reads as zero until it is first written;
/// - without [`RUNS_OTHERS`](Source::RUNS_OTHERS), [`open`](Source::open) runs the crate's own code only.
pub unsafe trait Source {
    /// Whether committed memory reads as zero until it is first written.
    const ZEROED: bool;
    /// Whether [`commit`](Source::commit) can ever succeed.
    const GROWS: bool;
    /// Whether [`discard`](Source::discard) can ever succeed.
    const RETURNS: bool = Self::GROWS;
    /// Whether a window ever reserves more than is committed. Where it does not,
    /// [`extend`](Source::extend) commits.
    const RESERVES: bool = Self::GROWS;
    /// Whether [`open`](Source::open) may come to code that is not the crate's: to a user's function, or to a
    /// wrapper of the system's.
    const RUNS_OTHERS: bool = true;
    /// The word that names the source in an attribute.
    const OPTION: &'static str;

    /// Opens a window of up to `limit` bytes whose first `arena` bytes are committed.
    ///
    /// Any two sizes are valid: a `limit` below `arena` counts as `arena`, and both 0 are refused.
    /// The source reserves what it sees fit of it, at a place where the window can be
    /// [extended](Source::extend) to `limit` as far as the source can tell. It returns `None`, and
    /// holds nothing, if it cannot get even `arena` bytes, or if it has lent its only window
    /// already.
    fn open(arena: usize, limit: usize) -> Option<Region>;

    /// Extends a window of `reserved` bytes to `least` bytes at least, and to as many as the source
    /// sees fit, at most `limit`. Returns how many bytes are reserved now. Returns `None`, with
    /// nothing changed, if somebody sits behind the window, or if the system refuses.
    ///
    /// # Safety
    ///
    /// `base` is that of a window that this source opened, of which `reserved` bytes are reserved.
    #[must_use]
    unsafe fn extend(
        _base: NonNull<u8>,
        _reserved: usize,
        _least: usize,
        _limit: usize,
    ) -> Option<usize> {
        None
    }

    /// Maps `size` bytes, whole pages, outside every window: readable, writable and zero. Returns
    /// `None` if the system refuses.
    #[must_use]
    fn map(_size: usize) -> Option<NonNull<u8>> {
        None
    }

    /// Unmaps a mapping. Returns `false`, with nothing changed, if the system refuses: it may do so
    /// where that makes two mappings of one.
    ///
    /// # Safety
    ///
    /// `base` and `size` are those of a mapping that [`map`](Source::map) or
    /// [`remap`](Source::remap) returned, and nobody uses it any more.
    #[must_use]
    unsafe fn unmap(_base: NonNull<u8>, _size: usize) -> bool {
        true
    }

    /// Resizes a mapping of `size` bytes to `target` bytes, whole pages. Its first bytes stay the
    /// same and new ones are zero. It stays where it is unless it `may_move`. Returns `None`, with
    /// nothing changed, if the system cannot do that.
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

    /// Returns the system's page size in bytes, a power of two of at least 16. Memory without pages has the least.
    #[must_use]
    fn page_size() -> usize {
        16
    }

    /// Makes the bytes `from..to` of the window at `base` readable and writable, rounding outward
    /// to pages. Returns `false`, with nothing changed, if the system refuses.
    ///
    /// # Safety
    ///
    /// `base` is that of a window that this source opened; `from` is a multiple of
    /// [`page_size`](Source::page_size), or the byte just below it is committed; `from <= to`, and
    /// `to` is at most what it reserved.
    #[must_use]
    unsafe fn commit(_base: NonNull<u8>, _from: usize, _to: usize) -> bool {
        false
    }

    /// Returns the whole pages within the bytes `from..to` of the window at `base` to the system.
    /// They stay committed and read as zero from then on. Returns `false` if the system refuses;
    /// then some of the bytes may be zero.
    ///
    /// # Safety
    ///
    /// `base` is that of a window that this source opened; `from <= to`, all of it is committed,
    /// and nobody needs the bytes of those pages any more.
    #[must_use]
    unsafe fn discard(_base: NonNull<u8>, _from: usize, _to: usize) -> bool {
        false
    }

    /// Returns the pages of a mapping to the system. It stays and reads as zero from then on. Returns
    /// `false`, with nothing changed, if the system refuses.
    ///
    /// # Safety
    ///
    /// `base` and `size` are those of a mapping that [`map`](Source::map) or [`remap`](Source::remap)
    /// returned, and nobody needs its bytes any more.
    #[must_use]
    unsafe fn clear(_base: NonNull<u8>, _size: usize) -> bool {
        false
    }
}
