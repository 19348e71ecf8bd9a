//! The four things that every heap does for a caller, whatever stands around it.
//!
//! [`BrkHeap`](crate::BrkHeap) does them behind its lock, [`Heap`](crate::Heap) without one; what
//! follows from them is here, once. Layouts have become requests before they get here.

use crate::index::Request;
use core::ptr::NonNull;

/// A heap, to its callers.
///
/// # Safety
///
/// What is handed out is aligned and at least as large as its request says, overlaps no other block
/// in use, and stays until it is freed; nothing unwinds.
pub(crate) unsafe trait Serve {
    /// A block; `None` if there is none, with nothing lost.
    fn serve(&self, request: Request) -> Option<NonNull<u8>>;

    /// A block, with the number of its first bytes that may not be zero.
    fn serve_zeroed(&self, request: Request) -> Option<(NonNull<u8>, usize)>;

    /// The same block at another size, if it can have that where it stands, or else another one,
    /// with the old one still in use.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out at the request's alignment, and it has not been freed since.
    unsafe fn resize_or_serve(&self, block: NonNull<u8>, request: Request) -> Option<NonNull<u8>>;

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, and it has not been freed since.
    unsafe fn free(&self, block: NonNull<u8>);

    /// A block whose first `size` bytes, which the request has, are zero.
    #[inline]
    fn cleared(&self, request: Request, size: usize) -> Option<NonNull<u8>> {
        let (block, dirty) = self.serve_zeroed(request)?;
        // SAFETY: the block has at least `size` bytes, and is the caller's.
        unsafe { block.write_bytes(0, size.min(dirty)) };
        Some(block)
    }

    /// The block, with its first `kept` bytes, at the size of `request`: where it stands if that
    /// can be. `None`, with the block as it was, if there is no room.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out at the request's alignment, and it has not been freed since; it
    /// has `kept` bytes, and so has the request.
    #[inline]
    unsafe fn reallocate(
        &self,
        block: NonNull<u8>,
        request: Request,
        kept: usize,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller vouches for the block.
        let served = unsafe { self.resize_or_serve(block, request) }?;
        if served != block {
            // SAFETY: both have `kept` bytes, and the old block is still in use, so they are two.
            unsafe { served.copy_from_nonoverlapping(block, kept) };
            // SAFETY: the caller vouches for the block, which nobody needs now.
            unsafe { self.free(block) };
        }
        Some(served)
    }
}
