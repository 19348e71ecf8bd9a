//! A heap over bytes that its owner lends it: for tests, for benches, and for programs without a
//! static.
//!
//! It is the same heap that a [`BrkHeap`](crate::BrkHeap) locks, without the lock. One thread owns
//! it, and makes and drops it like any value. It does not grow.

use super::config::Config;
use super::requests;
use super::undeclared::WriteTheNameOfTheStaticHere;
use crate::arena::check::Corruption;
use crate::arena::counters::Operations;
use crate::arena::heap::RawHeap;
use crate::arena::picture::Picture;
use crate::arena::stats::{ChunkInfo, Stats};
use crate::layers::cached::Cache;
use crate::layers::guarded::Hardening;
use crate::layers::lone::Lone;
use crate::layers::quarantine::Quarantine;
use crate::layers::{Base, Layer};
use crate::sys::source::{Slice, Source};
use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// A heap over bytes that the caller lends, with the placement and the checks of the configuration
/// `C`.
///
/// `C` is a type that [`#[brk_heap]`](macro@crate::brk_heap) made. The heap does not use its
/// source, sizes and lock.
///
/// ```
/// use brkalloc::{BrkHeap, Heap, brk_heap};
/// use core::alloc::Layout;
/// use core::mem::MaybeUninit;
///
/// #[brk_heap(policy = "best_fit")]
/// static TIGHT: BrkHeap;
///
/// let mut bytes = [MaybeUninit::uninit(); 4096];
/// let heap = Heap::<TIGHT>::over(&mut bytes);
/// let block = heap.allocate(Layout::new::<[u64; 8]>()).expect("there is room");
/// // SAFETY: the heap has just handed it out.
/// unsafe { heap.deallocate(block.cast()) };
/// assert_eq!(heap.stats().in_use, 0);
/// ```
pub struct Heap<'a, C: Config = WriteTheNameOfTheStaticHere, S: Source = Slice> {
    pub(super) stack: <C::Harden as Hardening>::Over<Lone<C, S>>,
    /// The bytes are borrowed, and no two threads share a heap without a lock.
    lent: PhantomData<(&'a mut [MaybeUninit<u8>], *mut ())>,
}

// SAFETY: a heap moves to another thread with all its memory; only sharing would need a lock.
unsafe impl<C: Config, S: Source> Send for Heap<'_, C, S> {}

impl<'a, C: Config> Heap<'a, C> {
    /// Makes a heap over `bytes`. It serves nothing if they are too few for a chunk, and uses the
    /// first 64 GiB if they are more.
    #[must_use]
    pub fn over(bytes: &'a mut [MaybeUninit<u8>]) -> Self {
        let heap = Self::closed();
        let (base, length) = (NonNull::from(&mut *bytes).cast(), bytes.len());
        heap.stack.base().chunks(|raw| {
            // SAFETY: the bytes are borrowed for as long as the heap, or what it lends, lives. The heap
            // has just been made, and its source grants nothing.
            unsafe { raw.open_over(base, length, usize::MAX) }
        });
        heap
    }
}

impl<C: Config, S: Source> Heap<'static, C, S> {
    /// Makes a heap over a window of its own from the source `S`, growing by `C::GROW`. Only for
    /// the tests of this project.
    #[doc(hidden)]
    #[must_use]
    pub fn __of_source(arena: usize, limit: usize) -> Option<Self> {
        let heap = Self::closed();
        let opened = heap.stack.base().chunks(|raw| raw.open_window(arena, limit));
        opened.then_some(heap)
    }
}

impl<C: Config, S: Source> Heap<'_, C, S> {
    /// A heap of one thread has no use for per-thread caches.
    const IS_UNCACHED: () = assert!(
        <C::Cache as Cache<C>>::KEEPS.is_none(),
        "a `Heap` has no cache; write `cache = \"none\"`, or name a placement, such as `policy = \"first_fit\"`"
    );

    /// Nor does it have a quarantine.
    const IS_UNQUARANTINED: () = assert!(
        C::Quarantine::BYTES == 0,
        "a `Heap` has no quarantine; use a configuration without `quarantine`"
    );

    fn closed() -> Self {
        const { Self::IS_UNCACHED };
        const { Self::IS_UNQUARANTINED };
        Self { stack: Layer::NEW, lent: PhantomData }
    }

    /// Allocates a block for `layout`; returns `None` on failure. A size of 0 counts as 1.
    pub fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.stack.allocate(layout)
    }

    /// Allocates a block for `layout` whose bytes are zero; returns `None` on failure. A size of 0
    /// counts as 1.
    pub fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.stack.allocate_zeroed(layout)
    }

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// This heap handed out `block`, and nobody has freed it since.
    pub unsafe fn deallocate(&self, block: NonNull<u8>) {
        // SAFETY: the caller guarantees that the block is in use.
        unsafe { requests::free(&self.stack, block, None) };
    }

    /// Resizes a block, in place or elsewhere, and keeps its bytes up to the lesser size. Returns
    /// `None` and leaves the block as it was if there is no room.
    ///
    /// # Safety
    ///
    /// This heap handed out `block` for `layout`, and nobody has freed it since.
    pub unsafe fn reallocate(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        let wanted = Layout::from_size_align(size, layout.align()).ok()?;
        // SAFETY: the caller guarantees the block and its layout.
        unsafe { requests::reallocate(&self.stack, block, Some(layout), wanted) }
    }

    /// Returns how many bytes may be used at `block`: at least the size asked for.
    ///
    /// # Safety
    ///
    /// This heap handed out `block`, and nobody has freed it since.
    #[must_use]
    pub unsafe fn usable_size(&self, block: NonNull<u8>) -> usize {
        // SAFETY: the caller guarantees that the block is in use.
        unsafe { requests::usable_size(&self.stack, block) }
    }

    /// Returns the current figures, by a walk over all chunks.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stack.base().chunks(RawHeap::stats)
    }

    /// Checks every chunk and every entry of the index.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold, and where.
    pub fn check(&self) -> Result<(), Corruption> {
        self.stack.check()
    }

    /// Calls `f` for each chunk in address order.
    ///
    /// `f` must not use this heap: the process ends with a line that says so.
    pub fn for_each_chunk(&self, f: impl FnMut(ChunkInfo)) {
        self.stack.base().chunks(|chunks| chunks.for_each_chunk(f));
    }

    /// Draws every chunk, by a walk over all of them.
    #[must_use]
    pub fn picture(&self) -> Picture {
        self.stack.base().chunks(RawHeap::picture)
    }

    /// Returns the counters, without the walk of [`stats`](Heap::stats). Only for the benches of
    /// this project.
    #[doc(hidden)]
    #[must_use]
    pub fn __operations(&self) -> Option<Operations> {
        self.stack.base().chunks(|chunks| chunks.operations())
    }

    /// Returns whole free pages to the system, where the memory is the system's, and returns how
    /// many bytes went back.
    #[doc(hidden)]
    pub fn __trim(&self) -> usize {
        self.stack.base().chunks(RawHeap::trim)
    }
}

impl<C: Config, S: Source> fmt::Debug for Heap<'_, C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap").finish_non_exhaustive()
    }
}
