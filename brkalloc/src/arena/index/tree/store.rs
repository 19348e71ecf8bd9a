//! The store of free chunks by address: a table beside the window if there is room for one,
//! otherwise a tree in the chunks' own links.
//!
//! Both give the same answers. The heap decides between them when it opens. A heap whose source has no
//! memory beside the window keeps [`Links`] themselves, and has no code of the table; nor has any where
//! there is no system. This module only forwards.

use super::super::{Fit, Request};
use super::Candidate;
#[cfg(any(unix, windows))]
use super::links::Links;
use super::radix::Slot;
#[cfg(any(unix, windows))]
use super::table::{self, Table};
use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, Window};
use crate::arena::params::Params;
use core::ptr::NonNull;

/// What a tree by address does with its chunks.
pub trait Keep: Sized + core::fmt::Debug + 'static {
    /// A store without chunks.
    const EMPTY: Self;

    /// Returns the bytes that the store uses beside a window that ends at granule offset `end`.
    fn bytes(_end: u32) -> usize {
        0
    }

    /// Gives an empty store `size` bytes of room.
    ///
    /// # Safety
    ///
    /// As for [`Table::over`].
    unsafe fn furnish(&mut self, _room: NonNull<u8>, _size: usize) {}

    /// Returns the room of the store, and its size.
    fn room(&self) -> Option<(NonNull<u8>, usize)> {
        None
    }

    /// Lets the store find its room elsewhere.
    ///
    /// # Safety
    ///
    /// As for [`Table::move_to`].
    unsafe fn move_to(&mut self, _room: NonNull<u8>, _size: usize) {}

    /// Returns the lowest chunk of at least `need` granules.
    fn lowest<C: Params>(
        &self,
        window: Window<C>,
        need: u32,
        visit: impl FnMut(),
    ) -> Option<Candidate>;

    /// Returns the lowest chunk of at least `need` granules at `from` or above.
    fn lowest_from<C: Params>(
        &self,
        window: Window<C>,
        from: u32,
        need: u32,
        visit: impl FnMut(),
    ) -> Option<Candidate>;

    /// Returns the largest chunk that fits `request`; of equals the lowest.
    fn largest<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Slot>>;

    /// Inserts a chunk.
    fn insert<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32);

    /// Removes a chunk.
    fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32);

    /// Removes a chunk that a search found.
    fn pull<C: Params>(&mut self, window: Window<C>, found: Candidate);

    /// Replaces a chunk that a search found by `heir`, a part of it.
    fn inherit<C: Params>(&mut self, window: Window<C>, found: Candidate, heir: (Chunk, u32));

    /// Replaces `old` by `merged`, which contains it.
    fn promote<C: Params>(&mut self, window: Window<C>, old: (Chunk, u32), merged: (Chunk, u32));

    /// Returns the slot of a chunk that is in the store.
    fn place<C: Params>(&self, window: Window<C>, chunk: Chunk, granules: u32) -> Slot;

    /// Removes every chunk.
    fn clear(&mut self);

    /// Walks the store and counts its chunks.
    fn check<C: Params>(&self, window: Window<C>) -> Result<Census, Corruption>;
}

/// A table, or links.
#[cfg(any(unix, windows))]
#[derive(Debug)]
pub enum Store {
    /// In the chunks' own memory.
    Links(Links),
    /// Beside the window.
    Table(Table),
}

#[cfg(any(unix, windows))]
impl Keep for Store {
    const EMPTY: Self = Self::Links(Links::EMPTY);

    fn bytes(end: u32) -> usize {
        table::bytes(end)
    }

    unsafe fn furnish(&mut self, room: NonNull<u8>, size: usize) {
        // SAFETY: the caller guarantees the same.
        *self = Self::Table(unsafe { Table::over(room, size) });
    }

    fn room(&self) -> Option<(NonNull<u8>, usize)> {
        match self {
            Self::Links(_) => None,
            Self::Table(table) => Some(table.room()),
        }
    }

    unsafe fn move_to(&mut self, room: NonNull<u8>, size: usize) {
        if let Self::Table(table) = self {
            // SAFETY: the caller guarantees the same.
            unsafe { table.move_to(room, size) };
        }
    }

    #[inline]
    fn lowest<C: Params>(
        &self,
        window: Window<C>,
        need: u32,
        visit: impl FnMut(),
    ) -> Option<Candidate> {
        match self {
            Self::Links(links) => links.lowest(window, need, visit),
            Self::Table(table) => table.lowest(window, need, visit).map(of_table),
        }
    }

    #[inline]
    fn lowest_from<C: Params>(
        &self,
        window: Window<C>,
        from: u32,
        need: u32,
        visit: impl FnMut(),
    ) -> Option<Candidate> {
        match self {
            Self::Links(links) => links.lowest_from(window, from, need, visit),
            Self::Table(table) => table.lowest_from(window, from, need, visit).map(of_table),
        }
    }

    #[inline]
    fn largest<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Slot>> {
        match self {
            Self::Links(links) => links.largest(window, request, counters),
            Self::Table(table) => table.largest(window, request, counters),
        }
    }

    #[inline]
    fn insert<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        match self {
            Self::Links(links) => links.insert(window, chunk, granules),
            Self::Table(table) => table.insert(chunk, granules),
        }
    }

    #[inline]
    fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        match self {
            Self::Links(links) => links.remove(window, chunk, granules),
            Self::Table(table) => table.remove(window, chunk, granules),
        }
    }

    #[inline]
    fn pull<C: Params>(&mut self, window: Window<C>, found: Candidate) {
        match self {
            Self::Links(links) => links.pull(window, found),
            Self::Table(table) => table.remove(window, found.chunk, found.granules),
        }
    }

    #[inline]
    fn inherit<C: Params>(&mut self, window: Window<C>, found: Candidate, heir: (Chunk, u32)) {
        match self {
            Self::Links(links) => links.inherit(window, found, heir),
            Self::Table(table) => table.replace(window, (found.chunk, found.granules), heir),
        }
    }

    #[inline]
    fn promote<C: Params>(&mut self, window: Window<C>, old: (Chunk, u32), merged: (Chunk, u32)) {
        match self {
            Self::Links(links) => links.promote(window, old, merged),
            Self::Table(table) => table.replace(window, old, merged),
        }
    }

    #[inline]
    fn place<C: Params>(&self, window: Window<C>, chunk: Chunk, granules: u32) -> Slot {
        match self {
            Self::Links(links) => links.place(window, chunk, granules),
            Self::Table(_) => Slot::ROOT,
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Links(links) => *links = Links::EMPTY,
            Self::Table(table) => table.clear(),
        }
    }

    fn check<C: Params>(&self, window: Window<C>) -> Result<Census, Corruption> {
        match self {
            Self::Links(links) => links.check(window),
            Self::Table(table) => table.check(window),
        }
    }
}

/// A table needs no slot to find a chunk again.
#[cfg(any(unix, windows))]
#[inline]
fn of_table((chunk, granules): (Chunk, u32)) -> Candidate {
    Candidate { chunk, granules, place: Slot::ROOT }
}
