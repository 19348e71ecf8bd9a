//! The store of free chunks by address: a table beside the window if there is room for one,
//! otherwise a tree in the chunks' own links.
//!
//! Both give the same answers. The heap decides between them when it opens. This module only
//! forwards.

use super::super::{Fit, Request};
use super::Candidate;
use super::links::Links;
use super::radix::Slot;
use super::table::Table;
use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, Window};
use crate::arena::params::Params;
use core::ptr::NonNull;

/// Free chunks by address.
#[derive(Debug)]
pub(super) enum Store {
    Links(Links),
    Table(Table),
}

impl Store {
    pub(super) const EMPTY: Self = Self::Links(Links::EMPTY);

    /// Returns an empty table over `size` bytes.
    ///
    /// # Safety
    ///
    /// As for [`Table::over`].
    pub(super) unsafe fn over(room: NonNull<u8>, size: usize) -> Self {
        // SAFETY: the caller guarantees the same.
        Self::Table(unsafe { Table::over(room, size) })
    }

    /// Returns the memory of the table, and its size.
    pub(super) fn room(&self) -> Option<(NonNull<u8>, usize)> {
        match self {
            Self::Links(_) => None,
            Self::Table(table) => Some(table.room()),
        }
    }

    /// Lets the table find its records elsewhere.
    ///
    /// # Safety
    ///
    /// As for [`Table::move_to`].
    pub(super) unsafe fn move_to(&mut self, room: NonNull<u8>, size: usize) {
        if let Self::Table(table) = self {
            // SAFETY: the caller guarantees the same.
            unsafe { table.move_to(room, size) };
        }
    }

    /// Returns the lowest chunk of at least `need` granules.
    #[inline]
    pub(super) fn lowest<C: Params>(
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

    /// Returns the lowest chunk of at least `need` granules at `from` or above.
    #[inline]
    pub(super) fn lowest_from<C: Params>(
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

    /// Returns the largest chunk that fits `request`; of equals the lowest.
    #[inline]
    pub(super) fn largest<C: Params>(
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

    /// Inserts a chunk.
    #[inline]
    pub(super) fn insert<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        match self {
            Self::Links(links) => links.insert(window, chunk, granules),
            Self::Table(table) => table.insert(chunk, granules),
        }
    }

    /// Removes a chunk.
    #[inline]
    pub(super) fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        match self {
            Self::Links(links) => links.remove(window, chunk, granules),
            Self::Table(table) => table.remove(window, chunk, granules),
        }
    }

    /// Removes a chunk that a search found.
    #[inline]
    pub(super) fn pull<C: Params>(&mut self, window: Window<C>, found: Candidate) {
        match self {
            Self::Links(links) => links.pull(window, found.chunk, found.place),
            Self::Table(table) => table.remove(window, found.chunk, found.granules),
        }
    }

    /// Replaces a chunk that a search found by `heir`, a part of it.
    #[inline]
    pub(super) fn inherit<C: Params>(
        &mut self,
        window: Window<C>,
        found: Candidate,
        heir: (Chunk, u32),
    ) {
        match self {
            Self::Links(links) => links.inherit(window, found, heir),
            Self::Table(table) => table.replace(window, (found.chunk, found.granules), heir),
        }
    }

    /// Replaces `old` by `merged`, which contains it.
    #[inline]
    pub(super) fn promote<C: Params>(
        &mut self,
        window: Window<C>,
        old: (Chunk, u32),
        merged: (Chunk, u32),
    ) {
        match self {
            Self::Links(links) => links.promote(window, old, merged),
            Self::Table(table) => table.replace(window, old, merged),
        }
    }

    /// Returns the slot of a chunk that is in the store.
    #[inline]
    pub(super) fn place<C: Params>(&self, window: Window<C>, chunk: Chunk, granules: u32) -> Slot {
        match self {
            Self::Links(links) => links.place(window, chunk, granules),
            Self::Table(_) => Slot::ROOT,
        }
    }

    /// Removes every chunk.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Links(links) => *links = Links::EMPTY,
            Self::Table(table) => table.clear(),
        }
    }

    /// Walks the store and counts its chunks.
    pub(super) fn check<C: Params>(&self, window: Window<C>) -> Result<Census, Corruption> {
        match self {
            Self::Links(links) => links.check(window),
            Self::Table(table) => table.check(window),
        }
    }
}

/// A table needs no slot to find a chunk again.
#[inline]
fn of_table((chunk, granules): (Chunk, u32)) -> Candidate {
    Candidate { chunk, granules, place: Slot::ROOT }
}
