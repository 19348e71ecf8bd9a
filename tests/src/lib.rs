//! What the tests share: configurations made of types, and heaps that answer in offsets.

pub mod beside_model;
pub mod c;

use brkalloc::__private::{
    Address, BestFit, Bins, Config, Deferred, Fifo, FirstFit, Harden, Immediate, Lifo, List, Mmap,
    Never, NextFit, Slice, Source, SpinLock, Tree, Uncached, Uncounted, Unmapped, Unquarantined,
    WorstFit,
};
use brkalloc::{BrkHeap, Heap};
use brkalloc_oracle::{Coalesce, Order, Policy};
use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// Bytes of a tag: of a word.
pub const WORD: usize = size_of::<usize>();

/// Every payload is a multiple of these many bytes.
pub const GRANULE: usize = 16;

/// Whether tests are to be short: under an emulator, which takes ten times as long and more.
#[must_use]
pub fn is_short() -> bool {
    std::env::var_os("BRKALLOC_SHORT").is_some()
}

/// Whether a heap with `source = "brk"` that opens now, before any thread was started, gets the program
/// break: where the C library is glibc, and no emulator has a thread of its own in the process.
///
/// # Panics
///
/// If there is no `/proc`, or a thread on x86-64, where no emulator is.
#[must_use]
pub fn gets_the_break() -> bool {
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux has it").count();
    assert!(threads == 1 || cfg!(not(target_arch = "x86_64")), "{threads} threads");
    threads == 1 && cfg!(target_env = "gnu")
}

/// A configuration of this index and way to coalesce, that grows by `GROW` bytes and never trims; one
/// that checks everything, if it is `FULL`.
#[derive(Debug)]
pub struct Setup<I, K, const GROW: usize, const FULL: bool>(PhantomData<(I, K)>);

impl<I, K, const GROW: usize, const FULL: bool> Config for Setup<I, K, GROW, FULL>
where
    I: brkalloc::__private::Index,
    K: brkalloc::__private::Coalesce,
{
    type Source = Mmap;
    type Index = I;
    type Coalesce = K;
    type Lock = SpinLock;
    type Cache = Uncached;
    type Large = Unmapped;
    type Quarantine = Unquarantined;
    type Counters = Uncounted;
    const NAME: &'static str = "a test's heap";
    const ARENA: usize = 64 << 10;
    const GROW: usize = GROW;
    const LIMIT: usize = if usize::BITS == 64 { 1 << 36 } else { 1 << 30 };
    const TRIM: usize = usize::MAX;
    const HARDEN: Harden = if FULL { Harden::Full } else { Harden::Basic };
    #[expect(clippy::declare_interior_mutable_const, reason = "where each heap's lock comes from")]
    const LOCK: Self::Lock = SpinLock::new();

    fn heap() -> &'static BrkHeap<Self> {
        Box::leak(Box::new(BrkHeap::__new()))
    }
}

/// A heap of any configuration and source, whose blocks are named by their offsets from a base.
pub trait AnyHeap {
    /// The offset of a new block.
    fn allocate(&self, layout: Layout) -> Option<u64>;
    /// Frees the block at `offset`, which [`allocate`](AnyHeap::allocate) returned.
    fn free(&self, offset: u64);
    /// The offset of the block at another size.
    fn reallocate(&self, offset: u64, layout: Layout, size: usize) -> Option<u64>;
    /// The bytes of a block.
    fn block(&self, offset: u64) -> NonNull<u8>;
    /// Panics at the first broken invariant.
    fn check(&self);
    /// The farthest byte that ever was in a used chunk.
    fn high_water(&self) -> u64;
}

/// A heap and the address that its offsets count from.
#[derive(Debug)]
pub struct Placed<'a, C: Config, S: Source = Slice> {
    heap: Heap<'a, C, S>,
    base: usize,
}

impl<'a, C: Config, S: Source> Placed<'a, C, S> {
    /// The heap, whose arena begins at `base`.
    #[must_use]
    pub const fn new(heap: Heap<'a, C, S>, base: usize) -> Self {
        Self { heap, base }
    }

    fn offset(&self, block: NonNull<u8>) -> u64 {
        (block.addr().get() - self.base) as u64
    }
}

impl<C: Config, S: Source> AnyHeap for Placed<'_, C, S> {
    fn allocate(&self, layout: Layout) -> Option<u64> {
        self.heap.allocate(layout).map(|block| self.offset(block))
    }

    fn free(&self, offset: u64) {
        // SAFETY: the tests free what `allocate` returned, once.
        unsafe { self.heap.deallocate(self.block(offset)) };
    }

    fn reallocate(&self, offset: u64, layout: Layout, size: usize) -> Option<u64> {
        // SAFETY: the tests pass what `allocate` returned for that layout.
        let moved = unsafe { self.heap.reallocate(self.block(offset), layout, size) };
        moved.map(|block| self.offset(block))
    }

    fn block(&self, offset: u64) -> NonNull<u8> {
        let address = self.base + usize::try_from(offset).expect("offsets fit");
        NonNull::new(core::ptr::with_exposed_provenance_mut(address)).expect("a block is somewhere")
    }

    fn check(&self) {
        if let Err(corruption) = self.heap.check() {
            panic!("{corruption}");
        }
    }

    fn high_water(&self) -> u64 {
        // The heap counts from a granule below its first payload, which is the base of an aligned
        // arena.
        let mut lowest = None;
        self.heap.for_each_chunk(|chunk| _ = lowest.get_or_insert(chunk.address));
        match (lowest, self.heap.stats().high_water) {
            (Some(tag), high_water @ 1..) => (tag + WORD - GRANULE + high_water - self.base) as u64,
            _ => 0,
        }
    }
}

/// What is done to a heap of each configuration.
pub trait Visitor {
    /// One configuration; `index` names how it finds chunks.
    fn visit<C: Config>(&mut self, choice: (Policy, Order, Coalesce), index: &'static str);
}

/// Shows `visitor` every policy, order, way to coalesce and index, growing by `GROW` bytes.
pub fn for_each_configuration<const GROW: usize>(visitor: &mut impl Visitor) {
    for_each_index::<Immediate, GROW, false>(visitor, Coalesce::Immediate);
    for_each_index::<Deferred, GROW, false>(visitor, Coalesce::Deferred);
    for_each_index::<Never, GROW, false>(visitor, Coalesce::Never);
}

/// The same, of heaps with `harden = "full"`.
pub fn for_each_full_configuration<const GROW: usize>(visitor: &mut impl Visitor) {
    for_each_index::<Immediate, GROW, true>(visitor, Coalesce::Immediate);
    for_each_index::<Deferred, GROW, true>(visitor, Coalesce::Deferred);
    for_each_index::<Never, GROW, true>(visitor, Coalesce::Never);
}

fn for_each_index<K: brkalloc::__private::Coalesce, const GROW: usize, const FULL: bool>(
    visitor: &mut impl Visitor,
    coalesce: Coalesce,
) {
    macro_rules! visit {
        ($($policy:ident: $index:literal $type:ty,)+) => {$(
            visitor.visit::<Setup<$type, K, GROW, FULL>>(
                (Policy::$policy, <$type as Named>::ORDER, coalesce),
                $index,
            );
        )+};
    }
    visit! {
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
        impl<P: brkalloc::__private::Policy> Named for List<P, $order> {
            const ORDER: Order = Order::$order;
        }
        impl<const CLASSES: usize> Named for Bins<$order, CLASSES> {
            const ORDER: Order = Order::$order;
        }
    )+};
}
named!(Address, Lifo, Fifo);

impl<P: brkalloc::__private::Planted> Named for Tree<P> {
    const ORDER: Order = Order::Address;
}
