//! Room beside the window, for an index that uses it.
//!
//! ```text
//!   base                  end              limit    page border
//!   v                     v                v        v
//!   | chunks, committed   | may come later |  rest  | the index's, committed | may come later |
//! ```
//!
//! A source that grows reserves both at once. The heap commits the room behind the limit as it
//! commits the window, and first of the two, so that a place of the window always has its part of
//! the room. If the source grants no room, or commits none, the index does without.

use super::RawHeap;
use crate::arena::chunk::Chunk;
use crate::arena::index::Operations;
use crate::arena::params::Params;
use crate::arena::tag::GRANULE;
use crate::sys::source::{Region, Source};
use core::ptr::NonNull;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Returns the bytes that the index could use beside a window of `limit` bytes, up to the page
    /// border behind the window included.
    pub(super) fn room_for(limit: usize) -> usize {
        if !S::GROWS || !S::ZEROED {
            return 0;
        }
        let granules = u32::try_from(limit / GRANULE).unwrap_or(u32::MAX);
        match <C::Index as Operations>::room(granules) {
            0 => 0,
            room => room + S::page_size(),
        }
    }

    /// Divides a region: returns how many bytes the window may have, at most `limit`, and whether
    /// the index has room behind it.
    pub(super) fn divide(region: Region, limit: usize) -> (usize, bool) {
        let limit = limit.min(region.reserved);
        // Room for the full limit suffices for less.
        let room = Self::room_for(limit);
        let spared = limit.min(region.reserved.saturating_sub(room));
        if 0 < room && region.committed <= spared { (spared, true) } else { (limit, false) }
    }

    /// Returns where the room begins, in bytes from the base.
    fn room_begins(&self) -> usize {
        (self.limit.offset() as usize * GRANULE).next_multiple_of(S::page_size())
    }

    /// Gives the index its room, if the source commits the first part.
    ///
    /// # Safety
    ///
    /// `base` is that of the region over which the heap has just opened, and
    /// [`divide`](RawHeap::divide) found room in it.
    pub(super) unsafe fn furnish(&mut self, base: NonNull<u8>) {
        let begins = self.room_begins();
        let first = <C::Index as Operations>::room(self.window.end().offset());
        // SAFETY: the room lies in the region, behind the limit, and begins with a page.
        if !unsafe { S::commit(base, begins, begins + first) } {
            return;
        }
        // SAFETY: likewise.
        let room = unsafe { base.byte_add(begins) };
        // SAFETY: it is a page border. The source has committed `first` bytes, which read as zero
        // and belong to nobody else. `extend_room` commits more before the end moves.
        unsafe { self.index.furnish(room) };
    }

    /// Commits the room for an end at `grown`. Returns whether that succeeded.
    pub(super) fn extend_room(&mut self, base: NonNull<u8>, grown: Chunk) -> bool {
        if !self.index.is_furnished() {
            return true;
        }
        let begins = self.room_begins();
        let bytes = |end: Chunk| begins + <C::Index as Operations>::room(end.offset());
        // SAFETY: the room was reserved for an end at the limit, and the bytes for the old end are
        // committed.
        unsafe { S::commit(base, bytes(self.window.end()), bytes(grown)) }
    }
}
