//! Room beside the window, for an index that has a use for it.
//!
//! ```text
//!   base                  end              limit    page border
//!   v                     v                v        v
//!   | chunks, committed   | may come later |  rest  | the index's, committed | may come later |
//! ```
//!
//! A source that grows reserves both at once. The room behind the limit is committed as the window
//! is, first of the two, so that a place of the window always has its part of the room. Where the
//! source grants no room, or none that it commits, the index does without.

use super::RawHeap;
use crate::arena::chunk::Chunk;
use crate::arena::index::Operations;
use crate::arena::params::Params;
use crate::arena::tag::GRANULE;
use crate::sys::source::{Region, Source};
use core::ptr::NonNull;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Bytes that the index could use beside a window of `limit` bytes, up to the page border
    /// behind the window included.
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

    /// How much of a region the window may reach, at most `limit` bytes, and whether what lies
    /// behind is room for the index.
    pub(super) fn divide(region: Region, limit: usize) -> (usize, bool) {
        let limit = limit.min(region.reserved);
        // What suffices for more suffices for less.
        let room = Self::room_for(limit);
        let spared = limit.min(region.reserved.saturating_sub(room));
        if 0 < room && region.committed <= spared { (spared, true) } else { (limit, false) }
    }

    /// Where the room begins, in bytes from the base.
    fn room_begins(&self) -> usize {
        (self.limit.offset() as usize * GRANULE).next_multiple_of(S::page_size())
    }

    /// Gives the index its room, if the source commits what it needs at first.
    ///
    /// # Safety
    ///
    /// `base` is that of the region over which the heap was opened just now, and
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
        // SAFETY: it is a page border; the source has committed `first` bytes, which read as zero
        // and are nobody else's; `extend_room` commits more before the end moves.
        unsafe { self.index.furnish(room) };
    }

    /// Commits the room that an end at `grown` needs; whether there is as much.
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
