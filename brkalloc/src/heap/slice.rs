//! A heap of one's own over bytes that one has: for tests, for benches, and where there is no
//! static.
//!
//! It is the very heap that a [`BrkHeap`](crate::BrkHeap) locks, without the lock: one thread's,
//! made and dropped like any value. It does not grow.

use super::config::Config;
use super::requests;
use crate::arena::check::Corruption;
use crate::arena::chunk::Chunk;
use crate::arena::counters::Operations;
use crate::arena::heap::RawHeap;
use crate::arena::stats::{ChunkInfo, Stats};
use crate::arena::tag::{GRANULE, WORD};
use crate::layers::cached::Cache;
use crate::layers::guarded::Hardening;
use crate::layers::lone::Lone;
use crate::layers::quarantine::Quarantine;
use crate::layers::{Base, Layer};
use crate::sys::source::{Origin, Slice, Source};
use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// A heap over bytes that the caller lends, placed and checked as the configuration `C` says.
///
/// `C` is a type that [`#[brk_heap]`](macro@crate::brk_heap) made; its source, sizes and lock are not
/// used.
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
pub struct Heap<'a, C: Config, S: Source = Slice> {
    pub(super) stack: <C::Harden as Hardening>::Over<Lone<C, S>>,
    /// The bytes are borrowed, and no two threads share a heap without a lock.
    lent: PhantomData<(&'a mut [MaybeUninit<u8>], *mut ())>,
}

// SAFETY: a heap goes to another thread with all that is in it; only sharing would need a lock.
unsafe impl<C: Config, S: Source> Send for Heap<'_, C, S> {}

impl<'a, C: Config> Heap<'a, C> {
    /// A heap over `bytes`; one that serves nothing if they are too few for a chunk, and over the
    /// first 64 GiB if they are more.
    #[must_use]
    pub fn over(bytes: &'a mut [MaybeUninit<u8>]) -> Self {
        let heap = Self::closed();
        let base = bytes.as_mut_ptr().cast::<u8>();
        let skipped = (base.addr() + WORD).next_multiple_of(GRANULE) - base.addr();
        // The end tag lies in the last word below a multiple of a granule, one granule or more
        // above the first.
        let granules = bytes.len().saturating_sub(skipped) / GRANULE;
        let reach = RawHeap::<C, Slice>::MAX_OFFSET;
        let end = u32::try_from(granules + 1).unwrap_or(u32::MAX).min(reach);
        // SAFETY: it is the place of the end tag, if there are bytes for a window, and else not used.
        let end = unsafe { Chunk::at(end) };
        if let (true, Some(end), Some(first)) =
            (0 < granules, end, NonNull::new(base.wrapping_add(skipped)))
        {
            heap.stack.base().chunks(|raw| {
                // SAFETY: `first` leaves room for a tag above `base`; the last of so many granules
                // ends within the bytes, which are borrowed for as long as the heap, or what it
                // lends, lives. It never grows.
                unsafe { raw.open(first, end, end, Origin::Slice) };
            });
        }
        heap
    }
}

impl<C: Config, S: Source> Heap<'static, C, S> {
    /// A heap over a window of its own of the source `S`, growing by `C::GROW`: for the tests of
    /// this project alone.
    #[doc(hidden)]
    #[must_use]
    pub fn __of_source(arena: usize, limit: usize) -> Option<Self> {
        let heap = Self::closed();
        let opened = heap.stack.base().chunks(|raw| raw.open_window(arena, limit));
        opened.then_some(heap)
    }
}

impl<C: Config, S: Source> Heap<'_, C, S> {
    /// A heap of one thread has no use for a cache of threads.
    const IS_UNCACHED: () = assert!(
        <C::Cache as Cache<C>>::KEEPS.is_none(),
        "a `Heap` has no cache; use a configuration without `cache`"
    );

    /// Nor has it a place for what is freed.
    const IS_UNQUARANTINED: () = assert!(
        C::Quarantine::BYTES == 0,
        "a `Heap` has no quarantine; use a configuration without `quarantine`"
    );

    fn closed() -> Self {
        const { Self::IS_UNCACHED };
        const { Self::IS_UNQUARANTINED };
        Self { stack: Layer::NEW, lent: PhantomData }
    }

    /// A block for `layout`; `None` if there is none. A size of 0 counts as 1.
    pub fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.stack.allocate(layout)
    }

    /// A block for `layout` whose bytes are zero; `None` if there is none. A size of 0 counts as 1.
    pub fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.stack.allocate_zeroed(layout)
    }

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, and it has not been freed since.
    pub unsafe fn deallocate(&self, block: NonNull<u8>) {
        // SAFETY: the caller vouches for the block.
        unsafe { requests::free(&self.stack, block, None) };
    }

    /// The block at another size, with its bytes up to the lesser of both; `None`, with the block
    /// as it was, if there is no room.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out for `layout`, and it has not been freed since.
    pub unsafe fn reallocate(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        let wanted = Layout::from_size_align(size, layout.align()).ok()?;
        // SAFETY: the caller vouches for the block and its layout.
        unsafe { requests::reallocate(&self.stack, block, Some(layout), wanted) }
    }

    /// The bytes that may be used at `block`: at least what was asked for.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, and it has not been freed since.
    #[must_use]
    pub unsafe fn usable_size(&self, block: NonNull<u8>) -> usize {
        // SAFETY: the caller vouches for the block.
        unsafe { requests::usable_size(&self.stack, block) }
    }

    /// The figures of this moment, by a walk over all chunks.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stack.base().chunks(|chunks| chunks.stats())
    }

    /// Looks at every chunk and every entry of the index.
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

    /// What was counted, without the walk of [`stats`](Heap::stats): for the benches of this
    /// project alone.
    #[doc(hidden)]
    #[must_use]
    pub fn __operations(&self) -> Option<Operations> {
        self.stack.base().chunks(|chunks| chunks.operations())
    }

    /// Gives the whole free pages back to the system, where the memory is the system's; bytes given
    /// back.
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
