//! A mapping of its own: address space for the window, charged as it is used.
//!
//! ```text
//!   base                 committed              reserved                        limit
//!    v                       v                      v                             v
//!    | read-write, charged   | cannot be accessed   |  not the window's yet       |
//!    +------- pages -------+-+---+----- pages ------+  - - - - - - - - - - - - - -
//!                          ^     ^                  ^ `extend`: right behind, or not at all
//!                          a page is read-write as a whole
//! ```
//!
//! A window reserves little: half of what it uses and 1 MiB. So no monitor shows space that
//! nobody has, and a process that locks its memory or may have only so much is not hindered. The
//! window stays contiguous all the same, because it lies where others do not come: the system
//! places mappings one below the other (or, in the old layout, one above the other), and the window
//! begins far below the place that it would have got. Where somebody came in between, the
//! window ends there.
//!
//! `mprotect` moves the border between what is committed and what is reserved. The kernel fills new
//! pages with zeros. This module never unmaps a window that it has lent.

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
        Some(open::<S>(Wanted::new::<S>(arena, limit)?)?.0)
    }

    unsafe fn extend(
        base: NonNull<u8>,
        reserved: usize,
        least: usize,
        limit: usize,
    ) -> Option<usize> {
        // SAFETY: the caller guarantees the same.
        unsafe { extend::<S>(base, reserved, least, limit) }
    }

    fn map(size: usize) -> Option<NonNull<u8>> {
        let _kept = errno::keep();
        if size <= isize::MAX.unsigned_abs() { S::map(size) } else { None }
    }

    unsafe fn unmap(base: NonNull<u8>, size: usize) -> bool {
        let _kept = errno::keep();
        // SAFETY: the caller guarantees the mapping.
        unsafe { S::unmap(base, size) }
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

    unsafe fn clear(base: NonNull<u8>, size: usize) -> bool {
        let _kept = errno::keep();
        // SAFETY: a mapping has whole pages, which the caller guarantees.
        unsafe { S::discard(base, size) }
    }
}

/// Address space that a window reserves beyond half of what it uses.
const AHEAD: usize = 1 << 20;

/// The same where the process may have only so much.
const LITTLE_AHEAD: usize = 64 << 10;

/// Returns how many bytes to reserve for a window that uses `bytes` and may have `limit`.
fn ahead<S: System>(bytes: usize, limit: usize) -> usize {
    let spare = if S::is_space_limited() { LITTLE_AHEAD } else { bytes / 2 + AHEAD };
    let whole = bytes.saturating_add(spare).checked_next_multiple_of(S::page_size());
    whole.unwrap_or(limit).min(limit)
}

/// The sizes that a heap wants, in bytes and in whole pages.
///
/// # Invariant
///
/// `arena <= limit`, `0 < limit`; the pages are those rounded up, and `limit_pages` is at most
/// `isize::MAX`; `arena_pages <= ahead_pages <= limit_pages`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) arena: usize,
    pub(super) limit: usize,
    pub(super) arena_pages: usize,
    pub(super) limit_pages: usize,
    /// What to reserve at first.
    pub(super) ahead_pages: usize,
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
        let ahead_pages = ahead::<S>(arena_pages, limit_pages);
        Some(Self { arena, limit, arena_pages, limit_pages, ahead_pages })
    }

    /// Returns the region of `size` bytes at `base`, at least `arena_pages` of them.
    pub(super) fn region(self, base: NonNull<u8>, size: usize, origin: Origin) -> Region {
        Region { base, committed: self.arena, reserved: size.min(self.limit), origin }
    }
}

/// Opens a window. Also returns how far it can surely be extended, as nobody is in between.
pub(super) fn open<S: System>(wanted: Wanted) -> Option<(Region, usize)> {
    let (base, size, room) = reserve::<S>(wanted)?;
    // SAFETY: `reserve` has just reserved those pages, at least `arena_pages` bytes of them.
    if wanted.arena_pages == 0 || unsafe { S::protect(base, wanted.arena_pages) } {
        base.as_ptr().expose_provenance();
        return Some((wanted.region(base, size, Origin::Mapping), room));
    }
    // SAFETY: they are the whole reservation of `S`, and nobody else knows of them.
    unsafe { S::release(base, size) };
    None
}

/// Reserves whole pages for the window: as many as it wants at first, or half of that, and so on
/// down to the arena. Returns where, how many bytes, and how far they can be extended.
fn reserve<S: System>(wanted: Wanted) -> Option<(NonNull<u8>, usize, usize)> {
    let page = S::page_size();
    let least = wanted.arena_pages.max(page);
    let mut size = wanted.ahead_pages;
    let near = loop {
        if let Some(near) = S::reserve(size) {
            break near;
        }
        if size <= least {
            return None;
        }
        size = halve(size, page).max(least);
    };
    if size < wanted.limit_pages {
        if let Some((base, room)) = far_below::<S>(near, size, wanted.limit_pages) {
            // SAFETY: it was reserved just now, as a whole, and nobody knows of it.
            unsafe { S::release(near, size) };
            return Some((base, size, room));
        }
    }
    Some((near, size, size))
}

/// How many cells are tried, as other windows may be in some.
const CELLS: usize = 256;

/// The size of a cell, at least: so far is a window from where others' mappings come next.
const CELL: usize = if usize::BITS == 64 { 1 << 38 } else { 1 << 30 };

/// Reserves `size` bytes far below `near`, where the system would have placed them: in a cell of the
/// address space in which there is nothing else, four times as large as the largest window; where
/// there is none, in a cell of half the size, and so on. Returns where, and how much room is there.
///
/// The place within a cell is as random as `near`. Where space is limited, a cell cannot be reserved
/// to see whether it is empty; windows begin at its beginning then, so that no two share one.
fn far_below<S: System>(
    near: NonNull<u8>,
    size: usize,
    limit: usize,
) -> Option<(NonNull<u8>, usize)> {
    let (page, near) = (S::page_size(), near.addr().get());
    let is_limited = S::is_space_limited();
    let mut cell = limit.saturating_mul(4).max(CELL) & !(page - 1);
    while size.saturating_mul(2) < cell {
        for below in 1..=CELLS {
            let start = (near / cell).saturating_sub(below) * cell;
            let Some(start) = NonNull::new(core::ptr::without_provenance_mut(start)) else { break };
            let tried = if is_limited { size } else { cell };
            let Some(start) = S::reserve_at(start, tried) else { continue };
            let skipped = if is_limited { 0 } else { (near % (cell / 4)) & !(page - 1) };
            // SAFETY: so many bytes are reserved there, and more.
            let base = unsafe { start.byte_add(skipped) };
            if 0 < skipped {
                // SAFETY: they were reserved just now, and nobody uses them.
                unsafe { S::release(start, skipped) };
            }
            let rest = tried - skipped - size;
            if 0 < rest {
                // SAFETY: the window is followed by so many.
                let behind = unsafe { base.byte_add(size) };
                // SAFETY: likewise.
                unsafe { S::release(behind, rest) };
            }
            // What was not tried is not known.
            return Some((base, if is_limited { size } else { cell - skipped }));
        }
        cell = halve(cell, page);
    }
    None
}

/// Extends a window right behind its end: as far as it wants, or half of that, and so on down to
/// `least`.
///
/// # Safety
///
/// As for [`Source::extend`]: the window at `base` is made of pages of `S`.
pub(super) unsafe fn extend<S: System>(
    base: NonNull<u8>,
    reserved: usize,
    least: usize,
    limit: usize,
) -> Option<usize> {
    let page = S::page_size();
    let from = reserved.checked_next_multiple_of(page)?;
    let least = least.checked_next_multiple_of(page)?.checked_sub(from)?;
    if least == 0 {
        return Some(from.min(limit));
    }
    let limit_pages = limit.checked_next_multiple_of(page)?;
    let _kept = errno::keep();
    let behind = NonNull::new(base.as_ptr().wrapping_byte_add(from))?;
    let mut size = ahead::<S>(from.checked_add(least)?, limit_pages).checked_sub(from)?;
    loop {
        if size < least {
            return None;
        }
        if let Some(room) = S::reserve_at(behind, size) {
            room.as_ptr().expose_provenance();
            return Some((from + size).min(limit));
        }
        if size == least {
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
