//! What the tests share, compiled once and optimized, as the tests are not: heaps of any configuration behind traits, the
//! programs that live on one, and what tells whether memory is whole.

#![expect(
    missing_docs,
    missing_debug_implementations,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "only tests use it, and every function of it panics at what is wrong"
)]

pub mod beside_model;
pub mod c;
pub mod careful;
pub mod configurations;
pub mod forks;
pub mod hammer;
pub mod heaps;
pub mod own;
pub mod pattern;
pub mod program;
pub mod random;
pub mod refused_heaps;
pub mod refusing;
mod resident;

pub use resident::resident;

/// Declares the caches of configurations written by hand, for threads that give them back themselves or end with their
/// process.
#[macro_export]
macro_rules! caches {
    ($($name:ident)+) => {$(
        impl ::brkalloc::__private::PerThread for $name {
            fn with<R>(f: impl FnOnce(&::brkalloc::__private::ThreadCache<Self>) -> R) -> R {
                ::std::thread_local! {
                    static CACHE: ::brkalloc::__private::ThreadCache<$name> =
                        const { ::brkalloc::__private::ThreadCache::new() };
                }
                CACHE.with(f)
            }

            fn watch_end() -> bool {
                true
            }
        }
    )+};
}

use brkalloc::__private::{Config, Source};
use brkalloc::{BrkHeap, ChunkInfo, Configuration, Corruption, Heap, Stats};
use brkalloc_oracle::replay;
use core::alloc::Layout;
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

/// A static heap of any configuration: what programs that live on one ask it.
pub trait StaticHeap: Sync {
    /// The resolved options.
    fn config(&self) -> &'static Configuration;
    /// The first invariant that does not hold.
    ///
    /// # Errors
    ///
    /// That one.
    fn check(&self) -> Result<(), Corruption>;
    /// The figures of this moment.
    fn stats(&self) -> Stats;
    /// Gives back what lies idle; bytes given back.
    fn trim(&self) -> usize;
}

impl<C: Config> StaticHeap for BrkHeap<C> {
    fn config(&self) -> &'static Configuration {
        self.config()
    }

    fn check(&self) -> Result<(), Corruption> {
        self.check()
    }

    fn stats(&self) -> Stats {
        self.stats()
    }

    fn trim(&self) -> usize {
        self.trim()
    }
}

/// A heap of any configuration and source, of one thread.
pub trait AnyHeap {
    /// A block; `None` if there is none.
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>>;
    /// Frees a block.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, and it has not been freed since.
    unsafe fn deallocate(&self, block: NonNull<u8>);
    /// The block at another size; `None`, with the block as it was, if there is no room.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out for `layout`, and it has not been freed since.
    unsafe fn reallocate(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>>;
    /// The first invariant that does not hold.
    ///
    /// # Errors
    ///
    /// That one.
    fn check(&self) -> Result<(), Corruption>;
    /// The figures of this moment.
    fn stats(&self) -> Stats;
    /// Every chunk, in address order.
    fn chunks(&self) -> Vec<ChunkInfo>;
}

/// A [`Heap`], as [`AnyHeap`].
#[derive(Debug)]
struct Opened<'a, C: Config, S: Source>(Heap<'a, C, S>);

impl<C: Config, S: Source> AnyHeap for Opened<'_, C, S> {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.0.allocate(layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>) {
        // SAFETY: the caller vouches for the block.
        unsafe { self.0.deallocate(block) };
    }

    unsafe fn reallocate(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller vouches for the block and its layout.
        unsafe { self.0.reallocate(block, layout, size) }
    }

    fn check(&self) -> Result<(), Corruption> {
        self.0.check()
    }

    fn stats(&self) -> Stats {
        self.0.stats()
    }

    fn chunks(&self) -> Vec<ChunkInfo> {
        let mut chunks = Vec::new();
        self.0.for_each_chunk(|chunk| chunks.push(chunk));
        chunks
    }
}

/// A heap and the address that its blocks' offsets count from.
pub struct Placed<'a> {
    heap: &'a dyn AnyHeap,
    base: usize,
}

impl core::fmt::Debug for Placed<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Placed").field("base", &self.base).finish_non_exhaustive()
    }
}

impl replay::Heap for Placed<'_> {
    fn allocate(&mut self, layout: Layout) -> Option<u64> {
        Self::allocate(self, layout)
    }

    fn free(&mut self, offset: u64, _: Layout) {
        Self::free(self, offset);
    }

    fn reallocate(&mut self, offset: u64, layout: Layout, size: usize) -> Option<u64> {
        Self::reallocate(self, offset, layout, size)
    }
}

impl<'a> Placed<'a> {
    /// The heap, whose arena begins at `base`.
    #[must_use]
    pub const fn new(heap: &'a dyn AnyHeap, base: usize) -> Self {
        Self { heap, base }
    }

    /// The heap, in a window of its own, of which nothing is in use.
    #[must_use]
    pub fn in_window(heap: &'a dyn AnyHeap) -> Self {
        let base = heap.chunks().first().map_or(0, |lowest| lowest.address + WORD - GRANULE);
        Self { heap, base }
    }

    fn offset(&self, block: NonNull<u8>) -> u64 {
        (block.addr().get() - self.base) as u64
    }

    /// The offset of a new block.
    #[must_use]
    pub fn allocate(&self, layout: Layout) -> Option<u64> {
        self.heap.allocate(layout).map(|block| self.offset(block))
    }

    /// Frees the block at `offset`, which [`allocate`](Placed::allocate) returned.
    pub fn free(&self, offset: u64) {
        // SAFETY: the tests free what `allocate` returned, once.
        unsafe { self.heap.deallocate(self.block(offset)) };
    }

    /// The offset of the block at another size.
    #[must_use]
    pub fn reallocate(&self, offset: u64, layout: Layout, size: usize) -> Option<u64> {
        // SAFETY: the tests pass what `allocate` returned for that layout.
        let moved = unsafe { self.heap.reallocate(self.block(offset), layout, size) };
        moved.map(|block| self.offset(block))
    }

    /// The bytes of a block.
    ///
    /// # Panics
    ///
    /// If no block can be there.
    #[must_use]
    pub fn block(&self, offset: u64) -> NonNull<u8> {
        let address = self.base + usize::try_from(offset).expect("offsets fit");
        NonNull::new(core::ptr::with_exposed_provenance_mut(address)).expect("a block is somewhere")
    }

    /// Looks at every invariant.
    ///
    /// # Panics
    ///
    /// At the first that does not hold.
    pub fn check(&self) {
        if let Err(corruption) = self.heap.check() {
            panic!("{corruption}");
        }
    }

    /// The farthest byte that ever was in a used chunk.
    #[must_use]
    pub fn high_water(&self) -> u64 {
        // The heap counts from a granule below its first payload, which is the base of an aligned arena.
        let lowest = self.heap.chunks().first().map(|chunk| chunk.address);
        match (lowest, self.heap.stats().high_water) {
            (Some(tag), high_water @ 1..) => (tag + WORD - GRANULE + high_water - self.base) as u64,
            _ => 0,
        }
    }
}
