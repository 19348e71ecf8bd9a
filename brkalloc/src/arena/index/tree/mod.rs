//! Trees: the same answers as a list in address order, in logarithmic time.
//!
//! First, next and worst fit search [`ByAddress`], best fit searches [`BySize`].
//!
//! ```text
//!   ByAddress ── store ─┬─ table   beside the window, where there is room
//!                       └─ links ─┐
//!                                 ├─ radix   trees in the chunks' own links
//!   BySize ───────────────────────┘
//! ```
//!
//! [`radix`] describes the trees' mechanism and bound, [`table`] those of the table. A tree serves
//! address order only; for the other orders there is the list.

mod by_address;
mod by_size;
mod links;
mod radix;
mod store;
// Only the system has memory beside a window.
#[cfg(any(unix, windows))]
mod table;

pub use links::Links;

use super::{Fit, Index, Neighbors, Operations, Pieces, Request};
use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, Window};
use crate::arena::order::{Address, Order};
use crate::arena::params::Params;
use crate::arena::policy::{BestFit, FirstFit, NextFit, Policy, WorstFit};
use by_address::ByAddress;
use by_size::BySize;
use core::ptr::NonNull;
use radix::Slot;
use store::Keep;
#[cfg(any(unix, windows))]
use store::Store;

/// Where the system has no memory beside a window, a tree needs no code of the table.
#[cfg(not(any(unix, windows)))]
type Store = Links;

/// Free chunks in a tree, in address order, searched by the policy `P`.
#[derive(Debug)]
pub struct Tree<P: Planted, K: Keep = Store>(P::Kind<K>);

/// A policy that a tree can search by.
pub trait Planted: Policy {
    /// The tree that searches by it, and by address keeps its chunks in `K`.
    type Kind<K: Keep>: Operations + core::fmt::Debug + 'static;
}

impl Planted for FirstFit {
    type Kind<K: Keep> = ByAddress<Self, K>;
}
impl Planted for NextFit {
    type Kind<K: Keep> = ByAddress<Self, K>;
}
impl Planted for WorstFit {
    type Kind<K: Keep> = ByAddress<Self, K>;
}
impl Planted for BestFit {
    type Kind<K: Keep> = BySize;
}

/// A chunk that is large enough, and the slot that holds it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    chunk: Chunk,
    granules: u32,
    place: Slot,
}

/// Whether worst fit prefers a chunk of `granules` to `best`: it is larger, or as large and lower.
#[inline]
fn outranks<P>(chunk: Chunk, granules: u32, best: Option<Fit<P>>) -> bool {
    best.is_none_or(|best| {
        best.granules < granules || (best.granules == granules && chunk < best.chunk)
    })
}

impl<P: Planted, K: Keep> Index for Tree<P, K> {
    const POLICY: &'static str = P::NAME;
    const ORDER: &'static str = Address::NAME;
    const INDEX: Option<&'static str> = Some("tree");
}

impl<P: Planted, K: Keep> Operations for Tree<P, K> {
    type Position = <P::Kind<K> as Operations>::Position;
    const REPEATS: bool = <P::Kind<K> as Operations>::REPEATS;
    const EMPTY: Self = Self(<P::Kind<K> as Operations>::EMPTY);

    fn room(end: u32) -> usize {
        <P::Kind<K> as Operations>::room(end)
    }

    fn furnished(&self) -> Option<(NonNull<u8>, usize)> {
        self.0.furnished()
    }

    unsafe fn furnish(&mut self, room: NonNull<u8>, size: usize) {
        // SAFETY: the caller guarantees the room.
        unsafe { self.0.furnish(room, size) };
    }

    unsafe fn move_to(&mut self, room: NonNull<u8>, size: usize) {
        // SAFETY: the caller guarantees the room.
        unsafe { self.0.move_to(room, size) };
    }

    #[inline]
    fn find<C: Params>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Self::Position>> {
        self.0.find(window, request, counters)
    }

    #[inline]
    fn insert<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.0.insert(window, chunk, granules);
    }

    #[inline]
    fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.0.remove(window, chunk, granules);
    }

    #[inline]
    fn merge<C: Params>(&mut self, window: Window<C>, neighbors: Neighbors, merged: (Chunk, u32)) {
        self.0.merge(window, neighbors, merged);
    }

    #[inline]
    fn split<C: Params>(&mut self, window: Window<C>, fit: Fit<Self::Position>, pieces: Pieces) {
        self.0.split(window, fit, pieces);
    }

    #[inline]
    fn shrink<C: Params>(
        &mut self,
        window: Window<C>,
        chunk: Chunk,
        granules: u32,
        rest: Option<(Chunk, u32)>,
    ) {
        self.0.shrink(window, chunk, granules, rest);
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn check<C: Params>(&self, window: Window<C>) -> Result<Census, Corruption> {
        self.0.check(window)
    }
}
