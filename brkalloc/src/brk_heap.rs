//! The static: one heap, its lock, and the way each request takes.
//!
//! ```text
//!   alloc ─► request ─► lock ─► index, top, growth ─► unlock ─► payload, or null
//!                               └ no memory yet: open the window, register for forks, once more
//! ```
//!
//! A heap has no memory until its first allocation, so the static is all zeros and indexes that
//! hold nothing, and the common way has no branch for a heap that is not ready: such a heap is one
//! in which nothing is free. A panic in a global allocator would pass straight through the code
//! that called it, so nothing here panics.

use crate::check::Corruption;
use crate::config::Config;
use crate::configuration::Configuration;
use crate::fork::Hold;
use crate::heap::RawHeap;
use crate::index::Request;
use crate::lock::{Guarded, Lock};
use crate::report;
use crate::serve::Serve;
use crate::stats::{ChunkInfo, Stats};
use crate::undeclared::Undeclared;
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
/// A value that is not the static of its configuration (a copy, made by hand) serves nothing: it
/// answers null.
pub struct BrkHeap<C: Config = Undeclared> {
    heap: Guarded<C::Lock, RawHeap<C, C::Source>>,
    /// The heap's place among those held across a fork.
    link: <C::Lock as Lock>::Link,
}

impl<C: Config> BrkHeap<C> {
    const CONFIGURATION: &'static Configuration = &Configuration::of::<C>();

    /// For the expansion of the attribute alone.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new() -> Self {
        Self { heap: Guarded::new(C::LOCK, RawHeap::CLOSED), link: <C::Lock as Lock>::Link::NEW }
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
        self.heap.with(|heap| heap.stats())
    }

    /// Looks at every chunk and every entry of the index, under the lock.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold, and where.
    pub fn check(&self) -> Result<(), Corruption> {
        self.heap.with(|heap| heap.check())
    }

    /// Calls `f` for each chunk in address order, under the lock.
    ///
    /// `f` must not allocate from this heap: it would wait for the lock that this call holds. Nor from
    /// a heap that was first used after this one, for whose lock and this one a fork may wait. (With
    /// `lock = "none"` the process ends with a line that says so.)
    pub fn for_each_chunk(&self, f: impl FnMut(ChunkInfo)) {
        self.heap.with(|heap| heap.for_each_chunk(f));
    }

    /// Gives the whole pages of the top and of free chunks back to the system; bytes given back.
    ///
    /// They stay part of the arena, and pages that went back before and were not used since are
    /// counted again. 0 for arenas that cannot give memory back.
    pub fn trim(&self) -> usize {
        self.heap.with(RawHeap::trim)
    }

    /// The bytes that may be used at `pointer`: at least what was asked for.
    ///
    /// # Safety
    ///
    /// This heap handed `pointer` out, and it has not been freed since.
    #[must_use]
    pub unsafe fn usable_size(&self, pointer: NonNull<u8>) -> usize {
        // SAFETY: the caller vouches for the pointer.
        self.heap.with(|heap| unsafe { heap.usable_size(pointer) })
    }

    /// Has `operation` done, by a heap that has been opened if that was not done before.
    #[inline]
    fn opened<R>(
        &self,
        mut operation: impl FnMut(&mut RawHeap<C, C::Source>) -> Option<R>,
    ) -> Option<R> {
        let attempt = self.heap.with(|heap| operation(heap).ok_or_else(|| heap.is_open()));
        match attempt {
            Ok(served) => Some(served),
            Err(was_open) if was_open || !self.open() => None,
            Err(_) => self.heap.with(operation),
        }
    }

    /// Gives the heap its memory, unless another thread has; whether it has any now.
    #[cold]
    fn open(&self) -> bool {
        let heap = report::without_unwinding(C::NAME, C::heap);
        if !core::ptr::eq(self, heap) {
            return false;
        }
        // Before the heap has anything to lose, and with no lock held: the system may allocate here.
        heap.link.hold(&heap.heap);
        heap.heap.with(|raw| raw.is_open() || raw.open_window(C::ARENA, C::LIMIT))
    }
}

// SAFETY: what is handed out lies in the heap's own window, as the chunk of one block, until it is
// freed; what could unwind ends the process.
unsafe impl<C: Config> Serve for BrkHeap<C> {
    #[inline]
    fn serve(&self, request: Request) -> Option<NonNull<u8>> {
        self.opened(|heap| heap.allocate(request))
    }

    #[inline]
    fn serve_zeroed(&self, request: Request) -> Option<(NonNull<u8>, usize)> {
        self.opened(|heap| heap.allocate_zeroed(request))
    }

    #[inline]
    unsafe fn resize_or_serve(&self, block: NonNull<u8>, request: Request) -> Option<NonNull<u8>> {
        self.heap.with(|heap| {
            // SAFETY: the caller vouches for the block.
            let stays = unsafe { heap.resize(block, request) };
            if stays { Some(block) } else { heap.allocate(request) }
        })
    }

    #[inline]
    unsafe fn free(&self, block: NonNull<u8>) {
        // SAFETY: the caller vouches for the block.
        self.heap.with(|heap| unsafe { heap.free(block) });
    }
}

// SAFETY: as for `Serve`; sizes and alignments of layouts are sound, and a null pointer says no.
unsafe impl<C: Config> GlobalAlloc for BrkHeap<C> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let served = Request::of(layout).and_then(|request| self.serve(request));
        served.map_or(null_mut(), NonNull::as_ptr)
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let served = Request::of(layout).and_then(|request| self.cleared(request, layout.size()));
        served.map_or(null_mut(), NonNull::as_ptr)
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, _: Layout) {
        if let Some(payload) = NonNull::new(pointer) {
            // SAFETY: the caller vouches for the pointer.
            unsafe { self.free(payload) };
        }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let request = Request::new(size, layout.align());
        let (Some(payload), Some(request)) = (NonNull::new(pointer), request) else {
            return null_mut();
        };
        // SAFETY: the caller vouches for the pointer and its layout.
        let served = unsafe { self.reallocate(payload, request, size.min(layout.size())) };
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
