//! The static: the layers of one heap, and what users ask of it.
//!
//! A panic in a global allocator would pass straight through the code that called it, so nothing here
//! panics.

use super::config::{Config, Stack};
use super::configuration::Configuration;
use super::requests;
use super::undeclared::Undeclared;
use crate::arena::check::Corruption;
use crate::arena::heap::RawHeap;
use crate::arena::stats::{ChunkInfo, Stats};
use crate::layers::{Base, Layer};
use core::alloc::{GlobalAlloc, Layout};
use core::fmt;
use core::ptr::{NonNull, null_mut};

/// A heap, made by [`#[brk_heap]`](macro@crate::brk_heap) from a static of this type.
///
/// ```
/// use brkalloc::{BrkHeap, brk_heap};
///
/// #[global_allocator]
/// #[brk_heap(arena = "64KiB", policy = "first_fit", order = "address")]
/// static HEAP: BrkHeap;
///
/// fn main() {
///     let words = vec!["one", "heap"];
///     assert!(0 < HEAP.stats().in_use);
///     assert_eq!(HEAP.check(), Ok(()));
///     drop(words);
/// }
/// ```
///
/// What cannot be served is a null pointer, and nothing is lost. A misuse that the heap was told to
/// look for (`harden`) ends the process with one line on standard error.
///
/// A value that is not the static of its configuration (a copy, made by hand) has no memory of its
/// own: it answers null, or, with a cache, what the static answers.
pub struct BrkHeap<C: Config = Undeclared> {
    pub(super) stack: Stack<C>,
}

impl<C: Config> BrkHeap<C> {
    const CONFIGURATION: &'static Configuration = &Configuration::of::<C>();

    /// For the expansion of the attribute alone.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new() -> Self {
        Self { stack: <Stack<C> as Layer>::NEW }
    }

    /// The resolved options.
    ///
    /// `Display` writes them as an attribute that can be pasted back.
    #[must_use]
    pub fn config(&self) -> &'static Configuration {
        Self::CONFIGURATION
    }

    /// The figures of this moment, by a walk over all chunks under the lock.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = self.stack.base().chunks(|chunks| chunks.stats());
        self.stack.report(&mut stats);
        stats
    }

    /// Looks at every chunk and every entry of the index, under the lock.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold, and where.
    pub fn check(&self) -> Result<(), Corruption> {
        self.stack.check()
    }

    /// Calls `f` for each chunk in address order, under the lock.
    ///
    /// `f` must not allocate from this heap: it would wait for the lock that this call holds. Nor from
    /// a heap that was first used after this one, for whose lock and this one a fork may wait. (With
    /// `lock = "none"` the process ends with a line that says so.)
    pub fn for_each_chunk(&self, f: impl FnMut(ChunkInfo)) {
        self.stack.base().chunks(|chunks| chunks.for_each_chunk(f));
    }

    /// Gives the whole pages of the top and of free chunks back to the system; bytes given back.
    ///
    /// They stay part of the arena, and pages that went back before and were not used since are
    /// counted again. 0 for arenas that cannot give memory back.
    pub fn trim(&self) -> usize {
        self.stack.flush();
        self.stack.base().chunks(RawHeap::trim)
    }

    /// The bytes that may be used at `pointer`: at least what was asked for.
    ///
    /// # Safety
    ///
    /// This heap handed `pointer` out, it has not been freed since, and the configuration names this heap.
    #[must_use]
    pub unsafe fn usable_size(&self, pointer: NonNull<u8>) -> usize {
        // SAFETY: the caller vouches for the pointer.
        unsafe { requests::usable_size(&self.stack, pointer) }
    }
}

// SAFETY: as for `Layer`; a null pointer says that there is no room.
unsafe impl<C: Config> GlobalAlloc for BrkHeap<C> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.stack.allocate(layout).map_or(null_mut(), NonNull::as_ptr)
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.stack.allocate_zeroed(layout).map_or(null_mut(), NonNull::as_ptr)
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if let Some(payload) = NonNull::new(pointer) {
            // SAFETY: the caller vouches for the pointer and its layout.
            unsafe { requests::free(&self.stack, payload, Some(layout)) };
        }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(payload) = NonNull::new(pointer) else { return null_mut() };
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else { return null_mut() };
        // SAFETY: the caller vouches for the pointer and its layout.
        let served = unsafe { requests::reallocate(&self.stack, payload, Some(layout), wanted) };
        served.map_or(null_mut(), NonNull::as_ptr)
    }
}

// SAFETY: it is the same heap.
unsafe impl<C: Config> GlobalAlloc for &'static BrkHeap<C> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller vouches for the layout.
        unsafe { (**self).alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller vouches for the layout.
        unsafe { (**self).alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller vouches for the pointer and its layout.
        unsafe { (**self).dealloc(pointer, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller vouches for the pointer and its layout.
        unsafe { (**self).realloc(pointer, layout, size) }
    }
}

impl<C: Config> fmt::Debug for BrkHeap<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BrkHeap").field(&format_args!("{}", self.config())).finish()
    }
}
