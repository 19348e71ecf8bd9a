//! The static: one heap, its lock, and the way each request takes.
//!
//! ```text
//!   alloc ─► cache ─► request ─► lock ─► index, top, growth ─► unlock ─► payload, or null
//!                                        └ no memory yet: open the window, register for forks, once more
//! ```
//!
//! A heap has no memory until its first allocation, so the static is all zeros and indexes that
//! hold nothing, and the common way has no branch for a heap that is not ready: such a heap is one
//! in which nothing is free. A panic in a global allocator would pass straight through the code
//! that called it, so nothing here panics.

mod guarded;

use crate::cache::{Shared, Ways};
use crate::check::Corruption;
use crate::chunk::{Window, whole};
use crate::config::{Config, Export};
use crate::configuration::Configuration;
use crate::fork::{self, Hold};
use crate::guard::Bare;
use crate::index::{GREATEST_ALIGNMENT, Request};
use crate::large::{self, Large, is_large};
use crate::lock::{Guarded, Lock};
use crate::report;
use crate::serve::Serve;
use crate::stats::{ChunkInfo, Stats};
use crate::undeclared::Undeclared;
use crate::watch;
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
    pub(crate) shared: Guarded<C::Lock, Shared<C>>,
    /// What is read without the lock.
    pub(crate) aside: <C::Cache as Ways<C>>::Aside,
    /// What is counted of mappings beside the arena.
    large: C::Large,
    /// The heap's place among those held across a fork.
    link: <C::Lock as Lock>::Link,
}

impl<C: Config> BrkHeap<C> {
    const CONFIGURATION: &'static Configuration = &Configuration::of::<C>();

    /// For the expansion of the attribute alone.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new() -> Self {
        Self {
            shared: Guarded::new(C::LOCK, Shared::CLOSED),
            aside: <C::Cache as Ways<C>>::ASIDE,
            large: C::Large::NEW,
            link: <C::Lock as Lock>::Link::NEW,
        }
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
        let (mapped, cached) = (self.large.mapped(), C::Cache::held(self));
        Stats { mapped, cached, ..self.shared.with(|shared| shared.chunks.stats()) }
    }

    /// Looks at every chunk and every entry of the index, under the lock.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold, and where.
    pub fn check(&self) -> Result<(), Corruption> {
        C::Cache::check(self)
    }

    /// Calls `f` for each chunk in address order, under the lock.
    ///
    /// `f` must not allocate from this heap: it would wait for the lock that this call holds. Nor from
    /// a heap that was first used after this one, for whose lock and this one a fork may wait. (With
    /// `lock = "none"` the process ends with a line that says so.)
    pub fn for_each_chunk(&self, f: impl FnMut(ChunkInfo)) {
        self.shared.with(|shared| shared.chunks.for_each_chunk(f));
    }

    /// Gives the whole pages of the top and of free chunks back to the system; bytes given back.
    ///
    /// They stay part of the arena, and pages that went back before and were not used since are
    /// counted again. 0 for arenas that cannot give memory back.
    pub fn trim(&self) -> usize {
        if Window::<C>::SEALED {
            self.let_go();
        }
        C::Cache::flush(self);
        self.shared.with(|shared| shared.chunks.trim())
    }

    /// The bytes that may be used at `pointer`: at least what was asked for.
    ///
    /// # Safety
    ///
    /// This heap handed `pointer` out, it has not been freed since, and the configuration names this heap.
    #[must_use]
    pub unsafe fn usable_size(&self, pointer: NonNull<u8>) -> usize {
        let pointer = whole(pointer);
        if Window::<C>::SEALED {
            // SAFETY: the caller vouches for the pointer.
            return unsafe { self.size_of_guarded(pointer) };
        }
        if Self::is_mapped(pointer) {
            // SAFETY: the caller vouches for the pointer, which is not in the arena.
            return unsafe { large::usable_size::<C>(pointer) };
        }
        // SAFETY: the caller vouches for the pointer.
        let usable = unsafe { C::Cache::usable_size(self, pointer) };
        if Window::<C>::WATCHED {
            // Whoever asks may use them.
            watch::allowed(pointer.as_ptr(), usable);
        }
        usable
    }

    /// A block; `None` if there is none, with nothing lost.
    #[inline]
    pub(crate) fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if Window::<C>::SEALED {
            return self.allocate_guarded(layout, false);
        }
        if is_large::<C>(layout.size()) {
            return self.map(layout);
        }
        let block = C::Cache::allocate(self, layout);
        if Window::<C>::WATCHED {
            self.hand_out(block, layout.size());
        }
        block
    }

    /// A block of zeros; `None` if there is none, with nothing lost.
    #[inline]
    pub(crate) fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        if Window::<C>::SEALED {
            return self.allocate_guarded(layout, true);
        }
        if is_large::<C>(layout.size()) {
            return self.map(layout);
        }
        if Window::<C>::WATCHED {
            let block = self.allocate(layout)?;
            // SAFETY: the block is new, and has so many bytes.
            unsafe { block.write_bytes(0, layout.size()) };
            return Some(block);
        }
        C::Cache::allocate_zeroed(self, layout)
    }

    /// Says that a block was handed out, of which so many bytes were asked for.
    fn hand_out(&self, block: Option<NonNull<u8>>, size: usize) {
        if let Some(block) = block {
            // SAFETY: the block was handed out just now.
            watch::handed_out(block, size, unsafe { C::Cache::usable_size(self, block) });
        }
    }

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out for `layout`, and it has not been freed since.
    #[inline]
    pub(crate) unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        let block = whole(block);
        if Window::<C>::SEALED {
            // SAFETY: the caller vouches for the block and its layout.
            return unsafe { self.free_guarded(block, Some(layout)) };
        }
        if is_large::<C>(layout.size()) {
            // SAFETY: the caller vouches for the block, which is a mapping's by its layout.
            return unsafe { large::free::<C>(&self.large, block) };
        }
        if Window::<C>::WATCHED {
            watch::freed(block, layout.size());
        }
        // SAFETY: the caller vouches for the block.
        unsafe { C::Cache::free(self, block, layout) };
    }

    /// The block at another size; `None`, with the block as it was, if there is no room.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out for `layout`, and it has not been freed since.
    #[inline]
    pub(crate) unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        let block = whole(block);
        if Window::<C>::SEALED {
            let wanted = Layout::from_size_align(size, layout.align()).ok()?;
            // SAFETY: the caller vouches for the block and its layout.
            return unsafe { self.resize_guarded(block, Some(layout), wanted) };
        }
        let moves = Window::<C>::WATCHED || is_large::<C>(layout.size()) || is_large::<C>(size);
        let served = if moves {
            // SAFETY: the caller vouches for the block and its layout.
            unsafe { self.resize_by_moving(block, layout, size) }
        } else {
            // SAFETY: the caller vouches for the block and its layout.
            unsafe { C::Cache::reallocate(self, block, layout, size) }
        };
        if Window::<C>::CLEARS && size < layout.size() {
            // SAFETY: the block was served just now, with that size.
            unsafe { self.clear_behind(served, size) };
        }
        served
    }

    /// Clears what a block has behind its first `size` bytes, which are all that is in use.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, with that size, and it has not been freed since.
    #[cold]
    unsafe fn clear_behind(&self, block: Option<NonNull<u8>>, size: usize) {
        let Some(block) = block else { return };
        // By its size, as whoever served it decided: where a configuration names another heap now, the
        // address would tell of a mapping that is none.
        let usable = if is_large::<C>(size) {
            // SAFETY: the caller vouches for the block, which is a mapping's by its size.
            unsafe { large::usable_size::<C>(block) }
        } else {
            // SAFETY: the caller vouches for the block.
            unsafe { C::Cache::usable_size(self, block) }
        };
        // SAFETY: the block has at least its size.
        let behind = unsafe { block.add(size) };
        // SAFETY: these are the block's last bytes, of which its owner asked for none.
        unsafe { behind.write_bytes(0, usable.saturating_sub(size)) };
    }

    /// Frees a block of which only the address is known.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, and it has not been freed since.
    #[cfg(unix)]
    #[inline]
    pub(crate) unsafe fn free_at(&self, block: NonNull<u8>) {
        let block = whole(block);
        if Window::<C>::SEALED {
            // SAFETY: the caller vouches for the block.
            return unsafe { self.free_guarded(block, None) };
        }
        if Self::is_mapped(block) {
            // SAFETY: the caller vouches for the block, which is not in the arena.
            return unsafe { large::free::<C>(&self.large, block) };
        }
        if Window::<C>::WATCHED {
            // SAFETY: the caller vouches for the block.
            watch::freed(block, unsafe { C::Cache::usable_size(self, block) });
        }
        // SAFETY: the caller vouches for the block.
        unsafe { C::Cache::free_at(self, block) };
    }

    /// A block of which only the address is known, at another size and alignment; `None`, with the
    /// block as it was, if there is no room.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, and it has not been freed since.
    #[cfg(unix)]
    pub(crate) unsafe fn resize_at(
        &self,
        block: NonNull<u8>,
        wanted: Layout,
    ) -> Option<NonNull<u8>> {
        let block = whole(block);
        if Window::<C>::SEALED {
            // SAFETY: the caller vouches for the block.
            return unsafe { self.resize_guarded(block, None, wanted) };
        }
        let stays = match (Self::is_mapped(block), is_large::<C>(wanted.size())) {
            // SAFETY: the caller vouches for the block, which is not in the arena.
            (true, true) => unsafe {
                large::resize::<C>(&self.large, block, wanted, wanted.size())
            },
            (false, false) if !Window::<C>::WATCHED => {
                // SAFETY: the caller vouches for the block, which is in the arena.
                unsafe { C::Cache::resize_at(self, block, wanted) }.then_some(block)
            }
            _ => None,
        };
        if stays.is_some() {
            if Window::<C>::CLEARS {
                // SAFETY: the block has that size now.
                unsafe { self.clear_behind(stays, wanted.size()) };
            }
            return stays;
        }
        let served = self.allocate(wanted)?;
        // SAFETY: the caller vouches for the block, which is still in use.
        let kept = unsafe { self.usable_size(block) }.min(wanted.size());
        // SAFETY: both have as many bytes, and are two.
        unsafe { served.copy_from_nonoverlapping(block, kept) };
        // SAFETY: the caller vouches for the block, which nobody needs now.
        unsafe { self.free_at(block) };
        Some(served)
    }

    /// Whether a block of this heap is in a mapping of its own.
    #[inline]
    fn is_mapped(block: NonNull<u8>) -> bool {
        // That of the static, from which a copy has its blocks if it has any.
        let heap = || report::without_unwinding(|| C::NAME, C::heap);
        C::Large::LEAST.is_some() && !heap().shared.with(|shared| shared.chunks.covers(block))
    }

    /// A block in a mapping of its own, zeros; none for a heap that is not the static.
    #[cold]
    fn map(&self, layout: Layout) -> Option<NonNull<u8>> {
        let heap = report::without_unwinding(|| C::NAME, C::heap);
        if GREATEST_ALIGNMENT < layout.align() || !core::ptr::eq(self, heap) {
            return None;
        }
        large::allocate::<C>(&self.large, layout)
    }

    /// The same, into another block unless a mapping becomes another one.
    ///
    /// # Safety
    ///
    /// As for [`resize`](BrkHeap::resize).
    #[cold]
    unsafe fn resize_by_moving(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        let wanted = Layout::from_size_align(size, layout.align()).ok()?;
        if is_large::<C>(layout.size()) && is_large::<C>(size) {
            // SAFETY: the caller vouches for the block, which is a mapping's by its layout.
            let moved = unsafe { large::resize::<C>(&self.large, block, layout, size) };
            if moved.is_some() {
                return moved;
            }
        }
        let served = self.allocate(wanted)?;
        // SAFETY: both have as many bytes, and are two.
        unsafe { served.copy_from_nonoverlapping(block, size.min(layout.size())) };
        // SAFETY: the caller vouches for the block, which nobody needs now.
        unsafe { self.deallocate(block, layout) };
        Some(served)
    }

    /// Has `operation` done; where there was no memory yet, it is done once more, as `again` says,
    /// by a heap that has been opened.
    #[inline(always)]
    pub(crate) fn opened<R>(
        &self,
        operation: impl FnOnce(&mut Shared<C>) -> Option<R>,
        again: impl FnOnce() -> Option<R>,
    ) -> Option<R> {
        let is_open = |shared: &mut Shared<C>| shared.chunks.is_open();
        match self.shared.with_or(operation, is_open) {
            Ok(served) => Some(served),
            Err(was_open) if was_open || !self.open() => None,
            Err(_) => again(),
        }
    }

    /// Gives the heap its memory, unless another thread has; whether it has any now.
    #[cold]
    #[inline(never)]
    fn open(&self) -> bool {
        let heap = report::without_unwinding(|| C::NAME, C::heap);
        if !core::ptr::eq(self, heap) {
            return false;
        }
        // Before the heap has anything to lose, and with no lock held: the system may allocate here.
        if C::EXPORT == Export::Malloc {
            fork::hold_streams();
        }
        heap.link.hold(&heap.shared);
        heap.shared.with(|shared| {
            if shared.chunks.is_open() {
                return true;
            }
            let opened = shared.chunks.open_window(C::ARENA, C::LIMIT);
            if opened {
                C::Cache::open(heap, shared);
            }
            opened
        })
    }
}

/// What is done at most once for a heap, kept out of the way of the rest.
#[cold]
#[inline(never)]
fn again<R>(operation: impl FnOnce() -> R) -> R {
    operation()
}

// SAFETY: what is handed out lies in the heap's own window, as the chunk of one block, until it is
// freed; what could unwind ends the process.
unsafe impl<C: Config> Serve for BrkHeap<C> {
    #[inline(never)]
    fn serve(&self, request: Request) -> Option<NonNull<u8>> {
        self.opened(|shared| shared.chunks.allocate(request), || again(|| self.serve(request)))
    }

    #[inline]
    fn serve_zeroed(&self, request: Request) -> Option<(NonNull<u8>, usize)> {
        self.opened(
            |shared| shared.chunks.allocate_zeroed(request),
            || again(|| self.serve_zeroed(request)),
        )
    }

    #[inline(never)]
    unsafe fn resize_or_serve(&self, block: NonNull<u8>, request: Request) -> Option<NonNull<u8>> {
        self.shared.with(|Shared { chunks, .. }| {
            // SAFETY: the caller vouches for the block.
            let stays = unsafe { chunks.resize(block, request) };
            if stays { Some(block) } else { chunks.allocate_instead(request) }
        })
    }

    #[inline(never)]
    unsafe fn free(&self, block: NonNull<u8>) {
        // SAFETY: the caller vouches for the block.
        self.shared.with(|shared| unsafe { shared.chunks.free(block) });
    }
}

// SAFETY: as for `Serve`; sizes and alignments of layouts are sound, and a null pointer says no.
unsafe impl<C: Config> GlobalAlloc for BrkHeap<C> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.allocate(layout).map_or(null_mut(), NonNull::as_ptr)
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.allocate_zeroed(layout).map_or(null_mut(), NonNull::as_ptr)
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if let Some(payload) = NonNull::new(pointer) {
            // SAFETY: the caller vouches for the pointer and its layout.
            unsafe { self.deallocate(payload, layout) };
        }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(payload) = NonNull::new(pointer) else { return null_mut() };
        // SAFETY: the caller vouches for the pointer and its layout.
        let served = unsafe { self.resize(payload, layout, size) };
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
