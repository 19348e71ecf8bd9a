//! A heap of one's own over bytes that one has: for tests, for benches, and where there is no
//! static.
//!
//! It is the very heap that a [`BrkHeap`](crate::BrkHeap) locks, without the lock: one thread's,
//! made and dropped like any value. It does not grow.

use crate::cache::Ways;
use crate::check::Corruption;
use crate::chunk::{Chunk, Window, whole};
use crate::config::Config;
use crate::counters::Operations;
use crate::guard::{self, Bare};
use crate::heap::RawHeap;
use crate::index::Request;
use crate::lock::{Guarded, Unlocked};
use crate::quarantine::Quarantine;
use crate::serve::Serve;
use crate::source::{Origin, Slice, Source};
use crate::stats::{ChunkInfo, Stats};
use crate::tag::{GRANULE, WORD};
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
    heap: Guarded<Unlocked, RawHeap<C, S>>,
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
        let reach = RawHeap::<C, Slice>::REACH;
        let end = u32::try_from(granules + 1).unwrap_or(u32::MAX).min(reach);
        // SAFETY: it is the place of the end tag, if there are bytes for a window, and else not used.
        let end = unsafe { Chunk::at(end) };
        if let (true, Some(end), Some(first)) =
            (0 < granules, end, NonNull::new(base.wrapping_add(skipped)))
        {
            heap.heap.with(|raw| {
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
        let opened = heap.heap.with(|raw| raw.open_window(arena, limit));
        opened.then_some(heap)
    }
}

impl<C: Config, S: Source> Heap<'_, C, S> {
    /// A heap of one thread has no use for a cache of threads.
    const IS_UNCACHED: () = assert!(
        <C::Cache as Ways<C>>::KEEPS.is_none(),
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
        // SAFETY: the heap is not `Sync`, so one thread at a time has it.
        let lock = unsafe { Unlocked::new() };
        Self { heap: Guarded::new(lock, RawHeap::CLOSED), lent: PhantomData }
    }

    /// A block for `layout`; `None` if there is none. A size of 0 counts as 1.
    pub fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if Window::<C>::SEALED {
            return guard::allocate(self, layout, false);
        }
        let request = Request::of(layout)?;
        self.serve(request)
    }

    /// A block for `layout` whose bytes are zero; `None` if there is none. A size of 0 counts as 1.
    pub fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        if Window::<C>::SEALED {
            return guard::allocate(self, layout, true);
        }
        let request = Request::of(layout)?;
        self.cleared(request, layout.size())
    }

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, and it has not been freed since.
    pub unsafe fn deallocate(&self, block: NonNull<u8>) {
        // SAFETY: the caller vouches for the block.
        unsafe { self.deallocate_of(block, None) };
    }

    /// Frees a block, of `layout` if the caller knows it.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, for `layout`, and it has not been freed since.
    pub(crate) unsafe fn deallocate_of(&self, block: NonNull<u8>, layout: Option<Layout>) {
        let block = whole(block);
        if Window::<C>::SEALED {
            // SAFETY: the caller vouches for the block.
            return unsafe { guard::free(self, block, layout) };
        }
        // SAFETY: the caller vouches for the block.
        unsafe { self.free(block) };
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
        let block = whole(block);
        if Window::<C>::SEALED {
            let wanted = Layout::from_size_align(size, layout.align()).ok()?;
            // SAFETY: the caller vouches for the block and its layout.
            return unsafe { guard::resize(self, block, Some(layout), wanted) };
        }
        let request = Request::new(size, layout.align())?;
        // SAFETY: the caller vouches for the block, which has the layout's bytes.
        let served = unsafe { Serve::reallocate(self, block, request, size.min(layout.size())) }?;
        if Window::<C>::CLEARS && size < layout.size() {
            // SAFETY: it was served just now.
            let usable = unsafe { self.usable_size(served) };
            // SAFETY: the block has at least its size.
            let behind = unsafe { served.add(size) };
            // SAFETY: these are the block's last bytes, of which its owner asked for none.
            unsafe { behind.write_bytes(0, usable - size) };
        }
        Some(served)
    }

    /// The bytes that may be used at `block`: at least what was asked for.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, and it has not been freed since.
    #[must_use]
    pub unsafe fn usable_size(&self, block: NonNull<u8>) -> usize {
        let block = whole(block);
        if Window::<C>::SEALED {
            return guard::vouch(self, block, None).size();
        }
        // SAFETY: the caller vouches for the block.
        self.heap.with(|heap| unsafe { heap.usable_size(block) })
    }

    /// The figures of this moment, by a walk over all chunks.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.heap.with(|heap| heap.stats())
    }

    /// Looks at every chunk and every entry of the index.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold, and where.
    pub fn check(&self) -> Result<(), Corruption> {
        self.heap.with(|heap| heap.check())
    }

    /// Calls `f` for each chunk in address order.
    ///
    /// `f` must not use this heap: the process ends with a line that says so.
    pub fn for_each_chunk(&self, f: impl FnMut(ChunkInfo)) {
        self.heap.with(|heap| heap.for_each_chunk(f));
    }

    /// What was counted, without the walk of [`stats`](Heap::stats): for the benches of this
    /// project alone.
    #[doc(hidden)]
    #[must_use]
    pub fn __operations(&self) -> Option<Operations> {
        self.heap.with(|heap| heap.operations())
    }

    /// Gives the whole free pages back to the system, where the memory is the system's; bytes given
    /// back.
    #[doc(hidden)]
    pub fn __trim(&self) -> usize {
        self.heap.with(RawHeap::trim)
    }
}

// SAFETY: what is handed out lies in the heap's own window, as the chunk of one block, until it is
// freed; what could unwind ends the process.
unsafe impl<C: Config, S: Source> Serve for Heap<'_, C, S> {
    #[inline]
    fn serve(&self, request: Request) -> Option<NonNull<u8>> {
        self.heap.with(|heap| heap.allocate(request))
    }

    #[inline]
    fn serve_zeroed(&self, request: Request) -> Option<(NonNull<u8>, usize)> {
        self.heap.with(|heap| heap.allocate_zeroed(request))
    }

    #[inline]
    unsafe fn resize_or_serve(&self, block: NonNull<u8>, request: Request) -> Option<NonNull<u8>> {
        self.heap.with(|heap| {
            // SAFETY: the caller vouches for the block.
            let stays = unsafe { heap.resize(block, request) };
            if stays { Some(block) } else { heap.allocate_instead(request) }
        })
    }

    #[inline]
    unsafe fn free(&self, block: NonNull<u8>) {
        // SAFETY: the caller vouches for the block.
        self.heap.with(|heap| unsafe { heap.free(block) });
    }
}

// SAFETY: what the chunks hand out is as it has to be.
unsafe impl<C: Config, S: Source> Bare<C> for Heap<'_, C, S> {
    fn grant(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        let request = Request::of(layout)?;
        if zeroed { self.cleared(request, layout.size()) } else { self.serve(request) }
    }

    fn extent(&self, block: NonNull<u8>) -> usize {
        // SAFETY: a heap that seals looks at whatever it is asked about.
        self.heap.with(|heap| unsafe { heap.usable_size(block) })
    }

    unsafe fn adapt(&self, block: NonNull<u8>, wanted: Layout) -> bool {
        let Some(request) = Request::of(wanted) else { return false };
        // SAFETY: the caller vouches for the block.
        self.heap.with(|heap| unsafe { heap.resize(block, request) })
    }

    unsafe fn release(&self, block: NonNull<u8>, _: Layout) {
        // SAFETY: the caller vouches for the block.
        unsafe { self.free(block) };
    }

    unsafe fn detain(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller vouches for the block.
        unsafe { self.release(block, layout) };
    }

    fn let_go(&self) -> bool {
        false
    }
}

impl<C: Config, S: Source> fmt::Debug for Heap<'_, C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap").finish_non_exhaustive()
    }
}
