//! How far a window reaches: what is in use of it, what is committed and what is reserved; and the
//! index's room beside it.
//!
//! ```text
//!   base              end        committed     reserved            limit
//!   v                 v              v             v                 v
//!   | chunks          | read-write   | no access   |  not yet ours   |
//!     grow, as the      an eighth      half and
//!     attribute says    ahead          1 MiB ahead
//!
//!   room   | the index's: for an end at `committed` | a mapping of its own, which may move
//! ```
//!
//! The end moves by what a request lacks, and by `grow` at least: that decides when a heap merges
//! late, and so where chunks lie. The system is asked less often, because the heap commits an eighth
//! more than it uses; the source decides how much more it reserves. Where the system refuses as
//! much, the heap asks for what is lacking alone. The room of the index grows first of all, so that
//! every place of the window always has its part of it. If the system grants no room when the heap
//! opens, the index does without.

use super::RawHeap;
use crate::arena::chunk::Chunk;
use crate::arena::index::Operations;
use crate::arena::params::Params;
use crate::arena::tag::GRANULE;
use crate::sys::source::Source;
use core::ptr::NonNull;

/// What the source has granted of a window, in granules from its base on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    committed: u32,
    reserved: u32,
}

impl Extent {
    /// Nothing; for ever, where the source reserves no more than is in use.
    pub(super) const NONE: Self = Self { committed: 0, reserved: 0 };

    /// From bytes; what is beyond the largest window does not count.
    pub(super) fn of(committed: usize, reserved: usize) -> Self {
        let granules = |bytes: usize| u32::try_from(bytes / GRANULE).unwrap_or(u32::MAX);
        Self { committed: granules(committed), reserved: granules(reserved) }
    }

    pub(super) fn committed(self) -> usize {
        self.committed as usize * GRANULE
    }

    pub(super) fn reserved(self) -> usize {
        self.reserved as usize * GRANULE
    }
}

/// Returns the bytes below the place of an end tag.
fn bytes(end: Chunk) -> usize {
    end.offset() as usize * GRANULE
}

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Gives the index its room, if the source maps some.
    pub(super) fn furnish(&mut self) {
        let size = Self::room_for(bytes(self.window().end()));
        if size == 0 || !S::ZEROED {
            return;
        }
        if let Some(room) = S::map(size) {
            // SAFETY: the source has mapped `size` zeros for this heap alone, from a page border
            // on. `extend_room` gives more before the end moves.
            unsafe { self.index.furnish(room, size) };
        }
    }

    /// Returns the bytes of room for an index over `window` bytes, in whole pages.
    fn room_for(window: usize) -> usize {
        let granules = u32::try_from(window / GRANULE).unwrap_or(u32::MAX);
        <C::Index as Operations>::room(granules).next_multiple_of(S::page_size())
    }

    /// Makes the window readable and writable up to the end tag at `grown`. Returns whether it is.
    pub(super) fn commit(&mut self, grown: Chunk) -> bool {
        let least = bytes(grown);
        if !S::RESERVES {
            let (base, end) = (self.window().origin_pointer(), bytes(self.window().end()));
            // SAFETY: a source that grows opened the window at its base, and has reserved up to the end
            // tag: the end moves by whole pages until it comes to the limit.
            let extended = unsafe { S::extend(base, end, least, bytes(self.limit)) };
            return extended.is_some();
        }
        if least <= self.extent.committed() {
            return true;
        }
        let spare = (least / 8) & !(S::page_size() - 1);
        let most = least.saturating_add(spare).min(bytes(self.limit));
        self.commit_to(most) || (least < most && self.commit_to(least))
    }

    fn commit_to(&mut self, target: usize) -> bool {
        let base = self.window().origin_pointer();
        let (committed, mut reserved) = (self.extent.committed(), self.extent.reserved());
        if reserved < target {
            // SAFETY: a source that grows opened the window at its base, and has reserved that much
            // of it.
            let extended = unsafe { S::extend(base, reserved, target, bytes(self.limit)) };
            let Some(extended) = extended else { return false };
            reserved = extended;
            self.extent = Extent::of(committed, reserved);
        }
        if !self.extend_room(target) {
            return false;
        }
        // SAFETY: a source that grows opened the window at its base. `committed` bytes are
        // committed, and the target is within what is reserved.
        let granted = unsafe { S::commit(base, committed, target) };
        if granted {
            self.extent = Extent::of(target, reserved);
        }
        granted
    }

    /// Extends the room of the index for a window of `target` bytes. Returns whether it suffices.
    fn extend_room(&mut self, target: usize) -> bool {
        let Some((room, size)) = self.index.furnished() else { return true };
        let needed = Self::room_for(target);
        if needed <= size {
            return true;
        }
        // SAFETY: the source has mapped `size` bytes there for the index, which is not looked at
        // meanwhile.
        let moved = unsafe { S::remap(room, size, needed, true) };
        // SAFETY: likewise.
        let Some(moved) = moved.or_else(|| unsafe { copied::<S>(room, size, needed) }) else {
            return false;
        };
        // SAFETY: the first `size` bytes are those of the old room, the others are zero, and they
        // are this heap's alone.
        unsafe { self.index.move_to(moved, needed) };
        true
    }
}

/// Copies a mapping into a larger one, for a system that does not move pages.
///
/// # Safety
///
/// `size` bytes at `room` are a mapping of `S`, of which nobody has a reference.
unsafe fn copied<S: Source>(room: NonNull<u8>, size: usize, needed: usize) -> Option<NonNull<u8>> {
    let larger = S::map(needed)?;
    // SAFETY: both have that many bytes, and one is new.
    unsafe { larger.copy_from_nonoverlapping(room, size) };
    // SAFETY: the caller guarantees the mapping, and nobody needs it now. If it stays all the same,
    // it is lost.
    let _ = unsafe { S::unmap(room, size) };
    Some(larger)
}
