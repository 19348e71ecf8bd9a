//! `Allocator` of allocator-api2, so that single collections can live on a heap of their own.
//!
//! A reference to a heap is the allocator, so copies of it are the same heap. What has no bytes is
//! no block of the heap's.

use crate::brk_heap::BrkHeap;
use crate::config::Config;
use crate::slice_heap::Heap;
use crate::source::Source;
use allocator_api2::alloc::{AllocError, Allocator};
use core::alloc::Layout;
use core::ptr::NonNull;

type Served = Result<NonNull<[u8]>, AllocError>;

/// What both kinds of heap do for a layout.
///
/// # Safety
///
/// A block is aligned, has the layout's bytes, and stays until it is freed.
unsafe trait Blocks {
    /// A block, zeroed or not; `None` if there is none.
    fn block(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>>;

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out for `layout`, and it has not been freed since.
    unsafe fn end(&self, block: NonNull<u8>, layout: Layout);

    /// The block at another size; `None`, with the block as it was, if there is no room.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out for `layout`, and it has not been freed since.
    unsafe fn resize(&self, block: NonNull<u8>, layout: Layout, size: usize)
    -> Option<NonNull<u8>>;
}

// SAFETY: the ways of a heap promise it.
unsafe impl<C: Config> Blocks for BrkHeap<C> {
    fn block(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        if zeroed {
            BrkHeap::allocate_zeroed(self, layout)
        } else {
            BrkHeap::allocate(self, layout)
        }
    }

    unsafe fn end(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller vouches for the block and its layout.
        unsafe { BrkHeap::deallocate(self, block, layout) };
    }

    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller vouches for the block and its layout.
        unsafe { BrkHeap::resize(self, block, layout, size) }
    }
}

// SAFETY: the heap promises it.
unsafe impl<C: Config, S: Source> Blocks for Heap<'_, C, S> {
    fn block(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        if zeroed { self.allocate_zeroed(layout) } else { self.allocate(layout) }
    }

    unsafe fn end(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller vouches for the block and its layout.
        unsafe { self.deallocate_of(block, Some(layout)) };
    }

    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller vouches for the block and its layout.
        unsafe { self.reallocate(block, layout, size) }
    }
}

fn served(layout: Layout, serve: impl FnOnce(Layout) -> Option<NonNull<u8>>) -> Served {
    let block = if layout.size() == 0 {
        NonNull::new(core::ptr::without_provenance_mut(layout.align()))
    } else {
        serve(layout)
    };
    let block = block.ok_or(AllocError)?;
    Ok(NonNull::slice_from_raw_parts(block, layout.size()))
}

/// # Safety
///
/// As for [`Allocator::deallocate`].
unsafe fn deallocate(heap: &impl Blocks, block: NonNull<u8>, layout: Layout) {
    if layout.size() != 0 {
        // SAFETY: the caller vouches for the block, which has bytes and so is the heap's.
        unsafe { heap.end(block, layout) };
    }
}

/// The block at another layout, in place or moved.
///
/// # Safety
///
/// As for [`Allocator::grow`] or [`Allocator::shrink`].
unsafe fn resized(heap: &impl Blocks, block: NonNull<u8>, old: Layout, new: Layout) -> Served {
    let kept = old.size().min(new.size());
    if kept != 0 && new.align() == old.align() {
        // SAFETY: the caller vouches for the block and its layout.
        let moved = unsafe { heap.resize(block, old, new.size()) };
        return served(new, |_| moved);
    }
    let moved = served(new, |layout| heap.block(layout, false))?;
    // SAFETY: both have `kept` bytes, and the old block is still in use, so they are two.
    unsafe { moved.cast::<u8>().copy_from_nonoverlapping(block, kept) };
    // SAFETY: the caller vouches for the block, which nobody needs now.
    unsafe { deallocate(heap, block, old) };
    Ok(moved)
}

macro_rules! allocator {
    ([$($parameter:tt)*] $heap:ty) => {
        // SAFETY: a block is the heap's until it is freed, whoever has a reference to the heap, and
        // the heap cannot move or end while it is borrowed; every copy of the reference is the same
        // heap.
        unsafe impl<$($parameter)*> Allocator for &$heap {
            fn allocate(&self, layout: Layout) -> Served {
                served(layout, |layout| self.block(layout, false))
            }

            fn allocate_zeroed(&self, layout: Layout) -> Served {
                served(layout, |layout| self.block(layout, true))
            }

            unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
                // SAFETY: the caller vouches for the block.
                unsafe { deallocate(*self, block, layout) };
            }

            unsafe fn grow(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Served {
                // SAFETY: the caller vouches for the block.
                unsafe { resized(*self, block, old, new) }
            }

            unsafe fn shrink(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Served {
                // SAFETY: the caller vouches for the block.
                unsafe { resized(*self, block, old, new) }
            }
        }
    };
}

allocator!([C: Config] BrkHeap<C>);
allocator!([C: Config, S: Source] Heap<'_, C, S>);
