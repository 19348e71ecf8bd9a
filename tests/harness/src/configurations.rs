//! Every policy, order, way to coalesce and index, behind one trait: each heap is compiled once, here, however many
//! tests make one. (The functions that list them are never inlined: a crate that inlines one compiles all that it
//! lists.)

use crate::{AnyHeap, Opened};
use brkalloc::__private::{
    Address, Basic, BestFit, Bins, Coalesce as Merging, Config, Deferred, Fifo, FirstFit, Full,
    Harden, Hardening, Immediate, Index, Level, Lifo, List, Mmap, Never, NextFit, Planted,
    Policy as Chosen, Source, SpinLock, Tree, Uncached, Uncounted, Unmapped, Unquarantined,
    WorstFit,
};
use brkalloc::{BrkHeap, Heap};
use brkalloc_oracle::{Coalesce, Order, Policy};
use core::marker::PhantomData;
use core::mem::MaybeUninit;

/// What a configuration places by.
pub type Choice = (Policy, Order, Coalesce);

/// Makes heaps of one configuration.
pub trait Configured {
    /// What it places by.
    fn choice(&self) -> Choice;
    /// How it finds chunks: `"list"`, `"tree"` or `"bins"`.
    fn index(&self) -> &'static str;
    /// Whether it checks everything.
    fn is_full(&self) -> bool;
    /// A heap over these bytes.
    fn over<'a>(&self, bytes: &'a mut [MaybeUninit<u8>]) -> Box<dyn AnyHeap + 'a>;
    /// A heap over a window of its own, of `arena` bytes, that grows up to `limit`; `None` if there is none.
    fn growing(&self, arena: usize, limit: usize) -> Option<Box<dyn AnyHeap>>;

    /// All of that, for messages.
    fn name(&self) -> String {
        let level = if self.is_full() { " full" } else { "" };
        format!("{:?} {}{level}", self.choice(), self.index())
    }
}

/// A configuration of this index and way to coalesce, that grows by `GROW` bytes and never trims; one
/// that checks everything, if it is `FULL`.
#[derive(Debug)]
struct Setup<I, K, H, const GROW: usize>(PhantomData<(I, K, H)>);

impl<I: Index, K: Merging, H: Hardening, const GROW: usize> Config for Setup<I, K, H, GROW> {
    type Source = Mmap;
    type Index = I;
    type Coalesce = K;
    type Lock = SpinLock;
    type Cache = Uncached;
    type Large = Unmapped;
    type Harden = H;
    type Quarantine = Unquarantined;
    type Counters = Uncounted;
    const NAME: &'static str = "a test's heap";
    const ARENA: usize = 64 << 10;
    const GROW: usize = GROW;
    const LIMIT: usize = if usize::BITS == 64 { 1 << 36 } else { 1 << 30 };
    const TRIM: usize = usize::MAX;
    #[expect(clippy::declare_interior_mutable_const, reason = "where each heap's lock comes from")]
    const LOCK: Self::Lock = SpinLock::new();

    fn heap() -> &'static BrkHeap<Self> {
        Box::leak(Box::new(BrkHeap::__new()))
    }
}

/// Heaps of the configuration `C`, whose windows are those of `S`.
struct Of<C, S>(Choice, &'static str, PhantomData<fn() -> (C, S)>);

impl<C: Config, S: Source + 'static> Configured for Of<C, S> {
    fn choice(&self) -> Choice {
        self.0
    }

    fn index(&self) -> &'static str {
        self.1
    }

    fn is_full(&self) -> bool {
        <C::Harden as Level>::LEVEL == Harden::Full
    }

    fn over<'a>(&self, bytes: &'a mut [MaybeUninit<u8>]) -> Box<dyn AnyHeap + 'a> {
        Box::new(Opened(Heap::<C>::over(bytes)))
    }

    fn growing(&self, arena: usize, limit: usize) -> Option<Box<dyn AnyHeap>> {
        Some(Box::new(Opened(Heap::<C, S>::__of_source(arena, limit)?)))
    }
}

/// By how much the heaps of [`all`] grow at least.
pub const GROW: usize = 8 << 10;

/// By how much those of [`deferred_of_reference`] do.
pub const REFERENCE_GROW: usize = 64 << 10;

/// Every configuration: 15 policies and orders, of which 4 have two indexes, and three ways to coalesce.
#[must_use]
#[inline(never)]
pub fn all() -> Vec<Box<dyn Configured>> {
    over_source::<Mmap>()
}

/// The same, of heaps that check everything.
#[must_use]
#[inline(never)]
pub fn all_full() -> Vec<Box<dyn Configured>> {
    each_way_to_coalesce::<Mmap, Full, GROW>()
}

/// Those that defer coalescing, growing as the heaps of the reference do: when they merge, and so where
/// they place, follows from that.
#[must_use]
#[inline(never)]
pub fn deferred_of_reference() -> Vec<Box<dyn Configured>> {
    each_index::<Deferred, Mmap, Basic, REFERENCE_GROW>(Coalesce::Deferred)
}

/// Every configuration, over windows of the source `S`: compiled anew for each.
#[must_use]
pub fn over_source<S: Source + 'static>() -> Vec<Box<dyn Configured>> {
    each_way_to_coalesce::<S, Basic, GROW>()
}

/// One configuration, over windows of the source `S`, that places by `choice`: compiled where it is asked for.
#[must_use]
pub fn of<I: Index, K: Merging, S: Source + 'static>(
    choice: Choice,
    index: &'static str,
) -> Box<dyn Configured> {
    Box::new(Of::<Setup<I, K, Basic, GROW>, S>(choice, index, PhantomData))
}

fn each_way_to_coalesce<S: Source + 'static, H: Hardening, const GROW: usize>()
-> Vec<Box<dyn Configured>> {
    let mut all = each_index::<Immediate, S, H, GROW>(Coalesce::Immediate);
    all.extend(each_index::<Deferred, S, H, GROW>(Coalesce::Deferred));
    all.extend(each_index::<Never, S, H, GROW>(Coalesce::Never));
    all
}

fn each_index<K: Merging, S: Source + 'static, H: Hardening, const GROW: usize>(
    coalesce: Coalesce,
) -> Vec<Box<dyn Configured>> {
    macro_rules! configurations {
        ($($policy:ident: $index:literal $type:ty,)+) => {
            vec![$({
                let choice = (Policy::$policy, <$type as Named>::ORDER, coalesce);
                Box::new(Of::<Setup<$type, K, H, GROW>, S>(choice, $index, PhantomData)) as _
            }),+]
        };
    }
    configurations! {
        FirstFit: "list" List<FirstFit, Address>,
        FirstFit: "list" List<FirstFit, Lifo>,
        FirstFit: "list" List<FirstFit, Fifo>,
        FirstFit: "tree" Tree<FirstFit>,
        NextFit: "list" List<NextFit, Address>,
        NextFit: "list" List<NextFit, Lifo>,
        NextFit: "list" List<NextFit, Fifo>,
        NextFit: "tree" Tree<NextFit>,
        BestFit: "list" List<BestFit, Address>,
        BestFit: "list" List<BestFit, Lifo>,
        BestFit: "list" List<BestFit, Fifo>,
        BestFit: "tree" Tree<BestFit>,
        WorstFit: "list" List<WorstFit, Address>,
        WorstFit: "list" List<WorstFit, Lifo>,
        WorstFit: "list" List<WorstFit, Fifo>,
        WorstFit: "tree" Tree<WorstFit>,
        SegregatedFit: "bins" Bins<Address, 464>,
        SegregatedFit: "bins" Bins<Lifo, 464>,
        SegregatedFit: "bins" Bins<Fifo, 464>,
    }
}

/// The oracle's word for an index's order.
trait Named {
    const ORDER: Order;
}

macro_rules! named {
    ($($order:ident),+) => {$(
        impl<P: Chosen> Named for List<P, $order> {
            const ORDER: Order = Order::$order;
        }
        impl<const CLASSES: usize> Named for Bins<$order, CLASSES> {
            const ORDER: Order = Order::$order;
        }
    )+};
}
named!(Address, Lifo, Fifo);

impl<P: Planted> Named for Tree<P> {
    const ORDER: Order = Order::Address;
}
