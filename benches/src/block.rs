//! A block of the global allocator, written at both ends when it is allocated.

use core::alloc::Layout;
use core::ptr::NonNull;
use std::alloc::{alloc, dealloc, realloc};

/// The alignment of blocks that name none.
pub const ALIGN: usize = 8;

/// A block and its layout, in 16 bytes, so that a table of them takes few cache lines.
///
/// # Invariant
///
/// The block was allocated by the global allocator with this size and alignment, which make a
/// layout; the size is not 0. A copy is used up with its original.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    address: NonNull<u8>,
    size: u32,
    align: u32,
}

// SAFETY: whoever has a block may use it: it belongs to no thread.
unsafe impl Send for Block {}

impl Block {
    /// Allocates `size` bytes, not 0, and writes the first and the last.
    #[must_use]
    #[inline]
    pub fn new(size: usize) -> Self {
        Self::aligned(size, ALIGN)
    }

    /// The same, aligned.
    #[must_use]
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "checked where the layout is made")]
    pub fn aligned(size: usize, align: usize) -> Self {
        let layout = layout(size, align);
        // SAFETY: the size is not 0.
        let address = unsafe { alloc(layout) };
        Self { address: touched(address, size), size: size as u32, align: align as u32 }
    }

    /// Reallocates it, and writes both ends.
    #[must_use]
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "checked where the layout is made")]
    pub fn resized(self, size: usize) -> Self {
        let layout = layout(size, self.align as usize);
        // SAFETY: by the invariant this is the block's layout; the new size makes one with it.
        let address = unsafe { realloc(self.address.as_ptr(), self.layout(), layout.size()) };
        Self { address: touched(address, size), size: size as u32, align: self.align }
    }

    /// Writes every byte.
    #[inline]
    pub fn fill(self) {
        // SAFETY: by the invariant the block has so many bytes.
        unsafe { self.address.write_bytes(1, self.size()) };
    }

    /// Frees it.
    #[inline]
    pub fn free(self) {
        // SAFETY: by the invariant this is the block's layout.
        unsafe { dealloc(self.address.as_ptr(), self.layout()) };
    }

    /// Bytes.
    #[must_use]
    #[inline]
    pub const fn size(self) -> usize {
        self.size as usize
    }

    /// The address and the size, for whoever hands it to another thread word by word.
    #[must_use]
    #[inline]
    pub const fn into_parts(self) -> (*mut u8, u32) {
        (self.address.as_ptr(), self.size)
    }

    /// The block of these parts.
    ///
    /// # Safety
    ///
    /// They come from [`Block::into_parts`] of a block that [`Block::new`] made and that nobody
    /// uses any more.
    #[must_use]
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a small constant")]
    pub const unsafe fn from_parts(address: *mut u8, size: u32) -> Self {
        // SAFETY: a block's address is not null.
        let address = unsafe { NonNull::new_unchecked(address) };
        Self { address, size, align: ALIGN as u32 }
    }

    const fn layout(self) -> Layout {
        // SAFETY: by the invariant they make a layout.
        unsafe { Layout::from_size_align_unchecked(self.size as usize, self.align as usize) }
    }
}

#[inline]
fn layout(size: usize, align: usize) -> Layout {
    assert!(0 < size && size < u32::MAX as usize, "blocks have some bytes and not too many");
    Layout::from_size_align(size, align).expect("small sizes are sound")
}

/// The address of a block of that size, both of whose ends are now written.
#[inline]
pub(crate) fn touched(address: *mut u8, size: usize) -> NonNull<u8> {
    let address = NonNull::new(address).expect("the heap is not exhausted");
    // SAFETY: the block has `size` bytes, at least one.
    unsafe { address.write(1) };
    // SAFETY: the last byte lies within the block.
    let last = unsafe { address.add(size - 1) };
    // SAFETY: the last byte lies within the block.
    unsafe { last.write(1) };
    address
}
