//! Heaps over a system that [refuses](crate::refusing) by a count of calls.

use crate::refusing::Refusing;
use brkalloc::__private::{
    Basic, BestFit, Bins, Brk, Cached, Config, Deferred, Fifo, FirstFit, Immediate, Lifo, List,
    Mapped, Mmap, NextFit, OsLock, Tree, Uncached, Uncounted, Unmapped, Unquarantined,
};
use brkalloc::{BrkHeap, Stats};
use core::alloc::{GlobalAlloc, Layout};

const PAGE: usize = 4096;

macro_rules! heaps {
    ($($name:ident: $source:ty, $index:ty, $coalesce:ty, $cache:ty, $large:ty;)+) => {
        $(
            // Heap and configuration share a name, as those of the attribute do.
            #[expect(clippy::upper_case_acronyms, reason = "a static has the same name")]
            enum $name {}
            static $name: BrkHeap<$name> = BrkHeap::__new();

            impl Config for $name {
                type Source = $source;
                type Index = $index;
                type Coalesce = $coalesce;
                type Lock = OsLock;
                type Cache = $cache;
                type Large = $large;
                type Quarantine = Unquarantined;
                type Counters = Uncounted;
                const NAME: &'static str = stringify!($name);
                const ARENA: usize = 5 * PAGE;
                const GROW: usize = 8 * PAGE;
                const LIMIT: usize = 1 << 30;
                const TRIM: usize = 16 * PAGE;
                type Harden = Basic;
                const LOCK: OsLock = OsLock::new();

                fn heap() -> &'static BrkHeap<Self> {
                    &$name
                }
            }
        )+
        /// The heaps.
        pub static HEAPS: &[&dyn Heap] = &[$(&$name),+];
    };
}

heaps! {
    TREES: Brk<Refusing>, Tree<FirstFit>, Immediate, Uncached, Unmapped;
    QUEUE: Mmap<Refusing>, List<NextFit, Fifo>, Deferred, Uncached, Mapped<{ 32 << 10 }>;
    BINS: Brk<Refusing>, Bins<Lifo, 464>, Immediate, Uncached, Mapped<{ 32 << 10 }>;
    CACHE: Brk<Refusing>, Tree<BestFit>, Immediate, Cached<{ 64 << 10 }>, Unmapped;
    SLABS: Mmap<Refusing>, Bins<Lifo, 464>, Deferred, Cached<{ 64 << 10 }>, Mapped<{ 32 << 10 }>;
}

crate::caches!(CACHE SLABS);

/// A heap of any configuration.
pub trait Heap: GlobalAlloc + Sync {
    fn name(&self) -> &'static str;
    /// Has it ask for its window.
    fn open(&self);
    /// Panics if anything is wrong with it.
    fn verify(&self);
    fn stats_when_trimmed(&self) -> Stats;
}

impl<C: Config> Heap for BrkHeap<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn open(&self) {
        let layout = Layout::new::<u64>();
        // SAFETY: the layout has a size.
        let block = unsafe { self.alloc(layout) };
        assert!(!block.is_null(), "nothing is short yet");
        // SAFETY: it was allocated just now, for this layout.
        unsafe { self.dealloc(block, layout) };
    }

    fn verify(&self) {
        assert_eq!(self.check(), Ok(()));
    }

    fn stats_when_trimmed(&self) -> Stats {
        self.trim();
        self.verify();
        self.stats()
    }
}
