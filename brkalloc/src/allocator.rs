//! `Allocator` of allocator-api2, so that single collections can live on a heap of their own.
//!
//! A reference to a heap is the allocator, so copies of it are the same heap. What has no bytes is
//! no block of the heap's.

use crate::brk_heap::BrkHeap;
use crate::config::Config;
use crate::index::Request;
use crate::serve::Serve;
use crate::slice_heap::Heap;
use crate::source::Source;
use allocator_api2::alloc::{AllocError, Allocator};
use core::alloc::Layout;
use core::ptr::NonNull;

type Served = Result<NonNull<[u8]>, AllocError>;

fn served(layout: Layout, serve: impl FnOnce(Request) -> Option<NonNull<u8>>) -> Served {
    let block = if layout.size() == 0 {
        NonNull::new(core::ptr::without_provenance_mut(layout.align()))
    } else {
        Request::of(layout).and_then(serve)
    };
    let block = block.ok_or(AllocError)?;
    Ok(NonNull::slice_from_raw_parts(block, layout.size()))
}

/// # Safety
///
/// As for [`Allocator::deallocate`].
unsafe fn deallocate(heap: &impl Serve, block: NonNull<u8>, layout: Layout) {
    if layout.size() != 0 {
        // SAFETY: the caller vouches for the block, which has bytes and so is the heap's.
        unsafe { heap.free(block) };
    }
}

/// The block at another layout, in place or moved.
///
/// # Safety
///
/// As for [`Allocator::grow`] or [`Allocator::shrink`].
unsafe fn resized(heap: &impl Serve, block: NonNull<u8>, old: Layout, new: Layout) -> Served {
    let kept = old.size().min(new.size());
    if kept != 0 && new.align() <= old.align() {
        let request = Request::new(new.size(), old.align()).ok_or(AllocError)?;
        // SAFETY: the caller vouches for the block, and the request is of its alignment.
        let moved = unsafe { heap.reallocate(block, request, kept) };
        return served(new, |_| moved);
    }
    let moved = served(new, |request| heap.serve(request))?;
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
                served(layout, |request| self.serve(request))
            }

            fn allocate_zeroed(&self, layout: Layout) -> Served {
                served(layout, |request| self.cleared(request, layout.size()))
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
