//! Trees: the same answers as a list in address order, in logarithmic time.
//!
//! First, next and worst fit search [`ByAddress`], best fit searches [`BySize`]. Both are radix
//! priority search trees (McCreight, *Priority Search Trees*, 1985): [`radix`] has the mechanism
//! and its bound. A tree serves address order alone; what has no address to search by is a list's
//! work.

mod by_address;
mod by_size;
mod radix;

use super::{Fit, Index, Neighbors, Operations, Pieces, Request};
use crate::check::{Census, Corruption};
use crate::chunk::{Chunk, Window};
use crate::config::Config;
use crate::order::{Address, Order};
use crate::policy::{BestFit, FirstFit, NextFit, Policy, WorstFit};
use by_address::ByAddress;
use by_size::BySize;

/// Free chunks in a tree, in address order, searched by the policy `P`.
#[derive(Debug)]
pub struct Tree<P: Planted>(P::Kind);

/// A policy that a tree can answer.
pub trait Planted: Policy {
    /// The tree that answers it.
    type Kind: Operations + core::fmt::Debug + 'static;
}

impl Planted for FirstFit {
    type Kind = ByAddress<Self>;
}
impl Planted for NextFit {
    type Kind = ByAddress<Self>;
}
impl Planted for WorstFit {
    type Kind = ByAddress<Self>;
}
impl Planted for BestFit {
    type Kind = BySize;
}

impl<P: Planted> Index for Tree<P> {
    const POLICY: &'static str = P::NAME;
    const ORDER: &'static str = Address::NAME;
    const INDEX: Option<&'static str> = Some("tree");
}

impl<P: Planted> Operations for Tree<P> {
    type Place = <P::Kind as Operations>::Place;
    const EMPTY: Self = Self(<P::Kind as Operations>::EMPTY);

    #[inline]
    fn find<C: Config>(
        &self,
        window: Window<C>,
        request: Request,
        counters: &mut C::Counters,
    ) -> Option<Fit<Self::Place>> {
        self.0.find(window, request, counters)
    }

    #[inline]
    fn insert<C: Config>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.0.insert(window, chunk, granules);
    }

    #[inline]
    fn remove<C: Config>(&mut self, window: Window<C>, chunk: Chunk, granules: u32) {
        self.0.remove(window, chunk, granules);
    }

    #[inline]
    fn merge<C: Config>(&mut self, window: Window<C>, neighbors: Neighbors, merged: (Chunk, u32)) {
        self.0.merge(window, neighbors, merged);
    }

    #[inline]
    fn take<C: Config>(&mut self, window: Window<C>, fit: Fit<Self::Place>, pieces: Pieces) {
        self.0.take(window, fit, pieces);
    }

    #[inline]
    fn shift<C: Config>(
        &mut self,
        window: Window<C>,
        chunk: Chunk,
        granules: u32,
        rest: Option<(Chunk, u32)>,
    ) {
        self.0.shift(window, chunk, granules, rest);
    }

    fn check<C: Config>(&self, window: Window<C>) -> Result<Census, Corruption> {
        self.0.check(window)
    }
}
