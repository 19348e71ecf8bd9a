//! A mapping of its own: address space for the whole window, charged as it is used.
//!
//! ```text
//!   base                 committed                                    reserved
//!    v                       v                                           v
//!    | read-write, charged   | cannot be accessed, costs nothing         |
//!    +------- pages -------+-+---+---------------- pages ----------------+--+
//!                          ^     ^                                       the last page may go on
//!                          a page is read-write as a whole
//! ```
//!
//! The window is reserved at once, so that it is contiguous whatever else the process maps, and
//! `mprotect` moves the border within it. The kernel fills new pages with zeros. This module never
//! unmaps a window that it has lent.

use super::{Origin, Region, Source, System};
use crate::diag::errno;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A window in a mapping of its own.
#[derive(Debug)]
pub struct Mmap<S = super::Libc>(PhantomData<S>);

// SAFETY:
// - `S` promises that a reservation belongs to its caller alone, and a window that was lent is
//   never released.
// - The bytes that `open` and `commit` grant are those that `S` made readable and writable.
// - `S` promises zeros in new pages and in discarded ones.
unsafe impl<S: System> Source for Mmap<S> {
    const ZEROED: bool = true;
    const GROWS: bool = true;
    const OPTION: &'static str = "mmap";

    fn open(arena: usize, limit: usize) -> Option<Region> {
        let _kept = errno::keep();
        let wanted = Wanted::new::<S>(arena, limit)?;
        let (base, size) = reserve::<S>(wanted)?;
        // SAFETY: `reserve` has just reserved those pages, at least `arena_pages` bytes of them.
        if wanted.arena_pages == 0 || unsafe { S::protect(base, wanted.arena_pages) } {
            return Some(wanted.region(base, size, Origin::Mapping));
        }
        // SAFETY: they are the whole reservation of `S`, and nobody else knows of them.
        unsafe { S::release(base, size) };
        None
    }

    fn open_aside(size: usize) -> Option<Region> {
        Self::open(0, size)
    }

    fn map(size: usize) -> Option<NonNull<u8>> {
        let _kept = errno::keep();
        if size <= isize::MAX.unsigned_abs() { S::map(size) } else { None }
    }

    unsafe fn unmap(base: NonNull<u8>, size: usize) {
        let _kept = errno::keep();
        // SAFETY: the caller guarantees the mapping.
        unsafe { S::release(base, size) };
    }

    unsafe fn remap(
        base: NonNull<u8>,
        size: usize,
        target: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>> {
        let _kept = errno::keep();
        if isize::MAX.unsigned_abs() < target {
            return None;
        }
        // SAFETY: the caller guarantees the mapping.
        unsafe { S::remap(base, size, target, may_move) }
    }

    fn page_size() -> usize {
        S::page_size()
    }

    unsafe fn commit(base: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller guarantees the same.
        unsafe { commit::<S>(base, from, to) }
    }

    unsafe fn discard(base: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller guarantees the same.
        unsafe { discard::<S>(base, from, to) }
    }
}

/// The sizes that a heap wants, in bytes and in whole pages.
///
/// # Invariant
///
/// `arena <= limit`, `0 < limit`; the pages are those rounded up, and `limit_pages` is at most
/// `isize::MAX`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) arena: usize,
    pub(super) limit: usize,
    pub(super) arena_pages: usize,
    pub(super) limit_pages: usize,
}

impl Wanted {
    /// Accepts any two sizes: a limit below the arena counts as the arena; one beyond a pointer's
    /// range is cut to it. Returns `None` for an arena beyond that range, and if both are 0.
    pub(super) fn new<S: System>(arena: usize, limit: usize) -> Option<Self> {
        let page = S::page_size();
        let most = isize::MAX.unsigned_abs() & !(page - 1);
        let limit = limit.max(arena).min(most);
        if limit < arena || limit == 0 {
            return None;
        }
        let arena_pages = arena.checked_next_multiple_of(page)?;
        let limit_pages = limit.checked_next_multiple_of(page)?;
        Some(Self { arena, limit, arena_pages, limit_pages })
    }

    /// Returns the region of `size` bytes at `base`, at least `arena_pages` of them.
    pub(super) fn region(self, base: NonNull<u8>, size: usize, origin: Origin) -> Region {
        Region { base, committed: self.arena, reserved: size.min(self.limit), origin }
    }
}

/// Reserves whole pages for the window: all that is wanted, or half of it, and so on down to the
/// arena.
fn reserve<S: System>(wanted: Wanted) -> Option<(NonNull<u8>, usize)> {
    let page = S::page_size();
    let least = wanted.arena_pages.max(page);
    let mut size = wanted.limit_pages;
    loop {
        if let Some(base) = S::reserve(size) {
            return Some((base, size));
        }
        if size <= least {
            return None;
        }
        size = halve(size, page).max(least);
    }
}

/// Returns half of `size`, rounded down to whole pages.
pub(super) fn halve(size: usize, page: usize) -> usize {
    (size / 2) & !(page - 1)
}

/// Makes `from..to` readable and writable, beginning at the first page that is not yet so as a
/// whole.
///
/// # Safety
///
/// As for [`Source::commit`]: `base` is that of a window made of reserved pages of `S`, `from` is a
/// page border or the end of the bytes committed before, and `to` lies within the window.
pub(super) unsafe fn commit<S: System>(base: NonNull<u8>, from: usize, to: usize) -> bool {
    let page = S::page_size();
    let lower = from.checked_next_multiple_of(page);
    let upper = to.checked_next_multiple_of(page);
    let (Some(lower), Some(upper)) = (lower, upper) else {
        return false;
    };
    if upper <= lower {
        return true;
    }
    let _kept = errno::keep();
    // SAFETY: the caller guarantees that the window continues beyond `from`, so up to the next page
    // border.
    let address = unsafe { base.byte_add(lower) };
    // SAFETY: these are reserved pages of the caller's window, which ends in a whole page, at
    // `upper` or above.
    unsafe { S::protect(address, upper - lower) }
}

/// Returns the whole pages within `from..to` to the system.
///
/// # Safety
///
/// As for [`Source::discard`]: `base` is that of a window made of pages of `S`, `from..to` of it is
/// committed, and nobody needs the bytes of the whole pages in it.
pub(super) unsafe fn discard<S: System>(base: NonNull<u8>, from: usize, to: usize) -> bool {
    let page = S::page_size();
    let Some(lower) = from.checked_next_multiple_of(page) else {
        return false;
    };
    let upper = to & !(page - 1);
    if upper <= lower {
        return true;
    }
    let _kept = errno::keep();
    // SAFETY: `lower` is below `upper`, which the caller guarantees is within the window.
    let address = unsafe { base.byte_add(lower) };
    // SAFETY: the caller guarantees that these pages are committed and not needed.
    unsafe { S::discard(address, upper - lower) }
}
