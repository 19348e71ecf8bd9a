//! What a recording is replayed over: the crate's own heaps behind one trait.
//!
//! The replay is compiled once and calls each heap through this trait. The call costs every heap
//! the same, and the replay over [`Idle`], which is subtracted, too.

use brkalloc::__private::{Config, Source};
use brkalloc::{ChunkInfo, Corruption, Heap, Operations, Stats};
use core::alloc::Layout;
use core::cell::Cell;
use core::hint::black_box;
use core::ptr::NonNull;

/// A heap that serves requests.
///
/// # Safety
///
/// A block has the bytes of its layout. Whoever holds it may write them, and resizing keeps them up to
/// the lesser size.
pub unsafe trait Serve {
    /// Allocates a block for `layout`, whose size is not 0; `None` if there is no room.
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// This heap handed out `block` for `layout`, and nobody has freed it since.
    unsafe fn free(&self, block: NonNull<u8>, layout: Layout);

    /// Resizes a block to `size` bytes, not 0; `None` leaves it as it was.
    ///
    /// # Safety
    ///
    /// As for [`free`](Serve::free); `size` is not 0, and makes a layout with the alignment of `layout`.
    unsafe fn resize(&self, block: NonNull<u8>, layout: Layout, size: usize)
    -> Option<NonNull<u8>>;
}

/// A heap whose arena can be looked at.
pub trait Arena: Serve {
    /// Returns how many bytes may be used at `block`.
    ///
    /// # Safety
    ///
    /// As for [`Serve::free`].
    unsafe fn usable(&self, block: NonNull<u8>) -> usize;

    /// Returns the figures, by a walk over all chunks.
    fn stats(&self) -> Stats;

    /// Returns the counters, if the heap counts.
    fn operations(&self) -> Option<Operations>;

    /// Checks every chunk and every entry of the index.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold.
    fn check(&self) -> Result<(), Corruption>;

    /// Calls `visit` for each chunk in address order.
    fn walk(&self, visit: &mut dyn FnMut(ChunkInfo));

    /// Gives free memory back, as far as it is the system's.
    fn trim(&self);
}

// SAFETY: a block of a heap is its holder's, and has the size of its layout.
unsafe impl<C: Config, S: Source> Serve for Heap<'_, C, S> {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.allocate(layout)
    }

    unsafe fn free(&self, block: NonNull<u8>, _: Layout) {
        // SAFETY: the caller guarantees the block.
        unsafe { self.deallocate(block) };
    }

    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller guarantees the block and its layout.
        unsafe { self.reallocate(block, layout, size) }
    }
}

impl<C: Config, S: Source> Arena for Heap<'_, C, S> {
    unsafe fn usable(&self, block: NonNull<u8>) -> usize {
        // SAFETY: the caller guarantees the block.
        unsafe { self.usable_size(block) }
    }

    fn stats(&self) -> Stats {
        self.stats()
    }

    fn operations(&self) -> Option<Operations> {
        self.__operations()
    }

    fn check(&self) -> Result<(), Corruption> {
        self.check()
    }

    fn walk(&self, visit: &mut dyn FnMut(ChunkInfo)) {
        self.for_each_chunk(visit);
    }

    fn trim(&self) {
        self.__trim();
    }
}

/// A heap that does nothing: all its blocks lie at one place. What a replay over it takes is the
/// replay's own time.
#[derive(Debug)]
pub struct Idle(Box<[Cell<u8>]>);

impl Idle {
    /// Makes one for blocks of up to `size` bytes. It keeps no alignment: they are bytes.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self(vec![Cell::new(0); size.max(1)].into_boxed_slice())
    }
}

// SAFETY: its one place has the bytes of every layout that it serves.
unsafe impl Serve for Idle {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let is_room = layout.size() <= self.0.len();
        black_box(NonNull::new(self.0.as_ptr().cast_mut().cast()).filter(|_| is_room))
    }

    unsafe fn free(&self, block: NonNull<u8>, _: Layout) {
        black_box(block);
    }

    unsafe fn resize(&self, block: NonNull<u8>, _: Layout, size: usize) -> Option<NonNull<u8>> {
        black_box(Some(block).filter(|_| size <= self.0.len()))
    }
}
