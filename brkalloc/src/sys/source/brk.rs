//! One contiguous range behind the program break, which moves once: the break's rise is the arena,
//! and reserved room right behind it is both fence and room for growth.
//!
//! ```text
//!      the break before      the break after: for good
//!           v                      v
//!  … C heap |pad| arena            | room: cannot be accessed yet |  free: to extend into   | others
//!           +---+----- pages ------+----------- pages ------------+  - - - - - - - - - - -
//!               ^ base             ^                              ^
//!                                  round up(arena)      reserved, rounded up
//! ```
//!
//! `sbrk` is not safe beside another thread that calls it, and every C library's `malloc` may. So
//! it is called only while the process has one thread, for one heap of the process, once. The room
//! behind the new break is an ordinary mapping: from then on `sbrk` fails for everybody, C's
//! `malloc` turns to `mmap`, and `mprotect` grows the arena without anybody coming between. In
//! every other case, and if there is no room behind the break, the window is a mapping's, as
//! [`Mmap`] makes it. The room is small at first, and [extended](Source::extend) as the window
//! fills: behind the break lies the widest gap of a process.
//!
//! Only glibc's break can be taken. musl's `malloc` asks the kernel for the break without `sbrk`
//! and remembers where it left it (mallocng for the records of its blocks, oldmalloc for the
//! blocks): if somebody else moved the break, its next request would lower it to there. It does not
//! matter how the program is linked: in a static one of glibc, `malloc` and `sbrk` are the same
//! code.
//!
//! The two ranges adjoin but come from two system calls, and one pointer must reach across. So this
//! module exposes the provenance of both, and recreates the base from its address, with whatever
//! provenance was exposed there.
//!
//! This module never lowers the break below an arena that it has lent, and never tries a second
//! time.

use super::mmap::{self, Mmap, Wanted};
use super::{Origin, Region, Source, System};
use crate::diag::errno;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};

/// A window behind the program break where the process allows it, else in a mapping of its own.
#[derive(Debug)]
pub struct Brk<S = super::Libc>(PhantomData<S>);

// SAFETY:
// - `behind_break` returns a window that is its caller's alone, as said there, and `Mmap` promises
//   as much.
// - The arena behind the break is readable and writable, by the promise of `S`, and so is what
//   `commit` has granted.
// - `behind_break` lends whole pages above the one that the break was in: they are zero, as those
//   of the room are.
unsafe impl<S: System> Source for Brk<S> {
    const ZEROED: bool = true;
    const GROWS: bool = true;
    const OPTION: &'static str = "brk";

    fn open(arena: usize, limit: usize) -> Option<Region> {
        let _kept = errno::keep();
        let wanted = Wanted::new::<S>(arena, limit)?;
        let Some((region, reach, rise)) = behind_break::<S>(wanted) else {
            return Some(mmap::open::<S>(wanted)?.0);
        };
        if reach == wanted.limit_pages {
            return Some(region);
        }
        // Something lies close behind the break, or address space is short: the one that can grow
        // farther wins.
        match mmap::open::<S>(wanted) {
            Some((mapping, room)) if reach < room.min(wanted.limit_pages) => {
                rise.abandon::<S>(region);
                Some(mapping)
            }
            Some((mapping, _)) => {
                // SAFETY: it was reserved just now, as a whole, and nobody uses it.
                unsafe { S::release(mapping.base, pages::<S>(mapping.reserved)) };
                Some(region)
            }
            None => Some(region),
        }
    }

    unsafe fn extend(
        base: NonNull<u8>,
        reserved: usize,
        least: usize,
        limit: usize,
    ) -> Option<usize> {
        // SAFETY: the caller guarantees the same; the room behind the break is made of pages of
        // `S`, too.
        unsafe { mmap::extend::<S>(base, reserved, least, limit) }
    }

    fn map(size: usize) -> Option<NonNull<u8>> {
        Mmap::<S>::map(size)
    }

    unsafe fn unmap(base: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller guarantees the same.
        unsafe { Mmap::<S>::unmap(base, size) }
    }

    unsafe fn clear(base: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller guarantees the same.
        unsafe { Mmap::<S>::clear(base, size) }
    }

    unsafe fn remap(
        base: NonNull<u8>,
        size: usize,
        target: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller guarantees the same.
        unsafe { Mmap::<S>::remap(base, size, target, may_move) }
    }

    fn page_size() -> usize {
        S::page_size()
    }

    unsafe fn commit(base: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller guarantees the same. A page of the break that is protected again
        // stays as it is.
        unsafe { mmap::commit::<S>(base, from, to) }
    }

    unsafe fn discard(base: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller guarantees the same.
        unsafe { mmap::discard::<S>(base, from, to) }
    }
}

/// Opens the window of the one heap that gets the break: its bytes come from the one rise of the
/// break and from the room behind. Also returns how far it can be extended.
fn behind_break<S: System>(wanted: Wanted) -> Option<(Region, usize, Rise)> {
    if !S::single_threaded() || !S::claim_break() {
        return None;
    }
    // SAFETY: the process has one thread, as just verified.
    let rise = unsafe { Rise::new::<S>(wanted.arena_pages) }?;
    let Wanted { arena_pages, limit_pages, ahead_pages, .. } = wanted;
    let (mut room, mut reach) = (0, limit_pages);
    if arena_pages < limit_pages {
        // Where space is not limited, all of it is tried, to see what lies behind.
        let is_limited = S::is_space_limited();
        let tried = if is_limited { ahead_pages } else { limit_pages } - arena_pages;
        let Some(found) = room_behind::<S>(rise.upper, tried) else {
            rise.undo::<S>();
            return None;
        };
        if !is_limited || found < tried {
            reach = arena_pages + found;
        }
        room = found.min(ahead_pages - arena_pages);
        if room < found {
            // SAFETY: the room was reserved just now, in one call, with `found` bytes.
            let rest = unsafe { rise.upper.byte_add(room) };
            // SAFETY: likewise; this is its upper end, and nobody uses it.
            unsafe { S::release(rest, found - room) };
        }
    }
    let base = NonNull::new(ptr::with_exposed_provenance_mut(rise.base.addr().get()))?;
    Some((wanted.region(base, arena_pages + room, Origin::Break), reach, rise))
}

/// Reserves up to `size` bytes that begin at `address`, halving the size on failure. Returns how
/// many bytes, or `None` if not even one page is free.
fn room_behind<S: System>(address: NonNull<u8>, size: usize) -> Option<usize> {
    let page = S::page_size();
    let mut size = size;
    while page <= size {
        if let Some(room) = S::reserve_at(address, size) {
            room.as_ptr().expose_provenance();
            return Some(size);
        }
        size = mmap::halve(size, page);
    }
    None
}

/// Rounds the `size` of a window up to whole pages, which cannot overflow.
fn pages<S: System>(size: usize) -> usize {
    size.checked_next_multiple_of(S::page_size()).unwrap_or(size)
}

/// The one rise of the break.
///
/// # Invariant
///
/// The break rose by `increment` bytes, up to `upper`. From `base` on, these are whole pages that
/// were not there before.
struct Rise {
    base: NonNull<u8>,
    upper: NonNull<u8>,
    increment: isize,
}

impl Rise {
    /// Raises the break by `size` bytes of whole pages, and by the distance to the next page border
    /// before.
    ///
    /// # Safety
    ///
    /// [`System::single_threaded`] holds.
    unsafe fn new<S: System>(size: usize) -> Option<Self> {
        let page = S::page_size();
        // SAFETY: the caller guarantees that the process has one thread.
        let before = unsafe { S::sbrk(0) }?;
        let lower = before.addr().get();
        let pad = lower.checked_next_multiple_of(page)? - lower;
        let increment = isize::try_from(pad.checked_add(size)?).ok()?;
        // SAFETY: still one thread.
        let start = unsafe { S::sbrk(increment) }?;
        if start != before {
            // Somebody moved the break although there is one thread; it is unclear who owns these
            // bytes.
            return None;
        }
        start.as_ptr().expose_provenance();
        // SAFETY: the break rose by `pad` and `size` bytes from `start` on.
        let base = unsafe { start.byte_add(pad) };
        // SAFETY: likewise.
        let upper = unsafe { base.byte_add(size) };
        Some(Self { base, upper, increment })
    }

    /// Returns the window that begins with this rise: the room, then the break.
    fn abandon<S: System>(self, region: Region) {
        let room = pages::<S>(region.reserved) - (self.upper.addr().get() - self.base.addr().get());
        // SAFETY: the room was reserved in one call, begins at `upper`, and nobody uses it.
        unsafe { S::release(self.upper, room) };
        self.undo::<S>();
    }

    /// Lowers the break again if it is where this rise left it. If it is not, the bytes are lost,
    /// and nothing more.
    fn undo<S: System>(self) {
        if !S::single_threaded() {
            return;
        }
        // SAFETY: the process has one thread, as just verified.
        if unsafe { S::sbrk(0) } == Some(self.upper) {
            // SAFETY: still one thread, the break is where this rise ended, and nobody uses the
            // bytes.
            let _ = unsafe { S::sbrk(-self.increment) };
        }
    }
}
