//! `Allocator` of allocator-api2, so that a collection can live on a heap of its own.
//!
//! The allocator is a reference to a heap, so its copies are the same heap. A block without bytes
//! is no block of the heap.

use super::brk_heap::BrkHeap;
use super::config::Config;
use super::requests;
use super::slice::Heap;
use crate::layers::Layer;
use crate::sys::source::Source;
use allocator_api2::alloc::{AllocError, Allocator};
use core::alloc::Layout;
use core::ptr::NonNull;

type Served = Result<NonNull<[u8]>, AllocError>;

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
unsafe fn deallocate(heap: &impl Layer, block: NonNull<u8>, layout: Layout) {
    if layout.size() != 0 {
        // SAFETY: the caller guarantees that the block is in use; it has bytes, so it is this heap's.
        unsafe { requests::free(heap, block, Some(layout)) };
    }
}

/// Resizes a block to another layout, in place or elsewhere.
///
/// # Safety
///
/// As for [`Allocator::grow`] or [`Allocator::shrink`].
unsafe fn resized(heap: &impl Layer, block: NonNull<u8>, old: Layout, new: Layout) -> Served {
    if old.size() == 0 {
        return served(new, |layout| heap.allocate(layout));
    }
    if new.size() == 0 {
        // SAFETY: the caller guarantees that the block is in use; it has bytes, so it is this heap's.
        unsafe { requests::free(heap, block, Some(old)) };
        return served(new, |_| None);
    }
    // SAFETY: the caller guarantees that the block is in use; it has bytes, so it is this heap's.
    served(new, |new| unsafe { requests::realign(heap, block, old, new) })
}

macro_rules! allocator {
    ([$($parameter:tt)*] $heap:ty) => {
        // SAFETY: a block is valid until it is freed, whoever has a reference to the heap. The heap
        // cannot move or end while it is borrowed. Every copy of the reference is the same heap.
        unsafe impl<$($parameter)*> Allocator for &$heap {
            fn allocate(&self, layout: Layout) -> Served {
                served(layout, |layout| self.stack.allocate(layout))
            }

            fn allocate_zeroed(&self, layout: Layout) -> Served {
                served(layout, |layout| self.stack.allocate_zeroed(layout))
            }

            unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
                // SAFETY: the caller guarantees that the block is in use.
                unsafe { deallocate(&self.stack, block, layout) };
            }

            unsafe fn grow(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Served {
                // SAFETY: the caller guarantees that the block is in use.
                unsafe { resized(&self.stack, block, old, new) }
            }

            unsafe fn shrink(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Served {
                // SAFETY: the caller guarantees that the block is in use.
                unsafe { resized(&self.stack, block, old, new) }
            }
        }
    };
}

allocator!([C: Config] BrkHeap<C>);
allocator!([C: Config, S: Source] Heap<'_, C, S>);
