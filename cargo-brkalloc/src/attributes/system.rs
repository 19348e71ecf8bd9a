//! A global allocator as what a recording is replayed over.

use crate::replay::Serve;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;

/// The allocator `A`.
#[derive(Debug)]
pub(super) struct Global<A>(pub(super) A);

// SAFETY: a global allocator promises it.
unsafe impl<A: GlobalAlloc> Serve for Global<A> {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() == 0 {
            return None;
        }
        // SAFETY: the size is not 0.
        NonNull::new(unsafe { self.0.alloc(layout) })
    }

    unsafe fn free(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller guarantees the block and its layout.
        unsafe { self.0.dealloc(block.as_ptr(), layout) };
    }

    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller guarantees the block, its layout and the size.
        NonNull::new(unsafe { self.0.realloc(block.as_ptr(), layout, size) })
    }
}
