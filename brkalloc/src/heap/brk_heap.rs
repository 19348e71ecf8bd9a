//! The static: the layers of one heap, and the operations that it offers to users.
//!
//! Nothing here panics: a panic in a global allocator would unwind through the code that called it.

use super::config::Config;
use super::configuration::Configuration;
use super::requests;
use super::undeclared::WriteTheNameOfTheStaticHere;
use crate::arena::check::Corruption;
use crate::arena::heap::RawHeap;
use crate::arena::picture::Picture;
use crate::arena::stats::{ChunkInfo, Stats};
use crate::layers::cached::Cache;
use crate::layers::guarded::Hardening;
use crate::layers::mapped::Large;
use crate::layers::recorded::Recording;
use crate::layers::{Annotated, Base, Layer};
use core::alloc::{GlobalAlloc, Layout};
use core::fmt;
use core::ptr::{NonNull, null_mut};

/// A heap, made by [`#[brk_heap]`](macro@crate::brk_heap) from a static of this type.
///
/// A function takes one heap as `&BrkHeap<HEAP>`, and every heap as `heap: &BrkHeap<C>` with
/// `C: Config`. `HEAP.alloc(layout)` is that of [`GlobalAlloc`].
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
/// A failed allocation returns null and leaves the heap unchanged. A misuse that `harden` detects
/// ends the process with one line on standard error.
///
/// A value that is not the static of its configuration (a copy, made by hand) has no memory of its
/// own. It returns null, or, with a cache, what the static returns.
pub struct BrkHeap<C: Config = WriteTheNameOfTheStaticHere> {
    pub(super) stack: Stack<C>,
}

/// The layers of a heap, from the one that receives each request down to the arena behind its lock.
pub(crate) type Stack<C> = Recording<
    <<C as Config>::Large as Large>::Over<
        Annotated<
            <<C as Config>::Harden as Hardening>::Over<<<C as Config>::Cache as Cache<C>>::Over>,
        >,
    >,
>;

impl<C: Config> BrkHeap<C> {
    const CONFIGURATION: &'static Configuration = &Configuration::of::<C>();

    /// Only for the expansion of the attribute.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new() -> Self {
        Self { stack: <Stack<C> as Layer>::NEW }
    }

    /// Returns the resolved options.
    ///
    /// `Display` writes them as an attribute that can be pasted back.
    #[must_use]
    pub fn config(&self) -> &'static Configuration {
        Self::CONFIGURATION
    }

    /// Returns the current figures, by a walk over all chunks under the lock.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = self.stack.base().chunks(RawHeap::stats);
        self.stack.figures(&mut stats);
        stats
    }

    /// Checks every chunk and every entry of the index, under the lock.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold, and where.
    pub fn check(&self) -> Result<(), Corruption> {
        self.stack.check()
    }

    /// Calls `f` for each chunk in address order, under the lock.
    ///
    /// `f` must not allocate from this heap, because it would wait for the lock that this call
    /// holds. Nor may it allocate from a heap that was first used after this one: a `fork` may wait
    /// for both locks. (With `lock = "none"` the process ends with a line that says so.)
    pub fn for_each_chunk(&self, f: impl FnMut(ChunkInfo)) {
        self.stack.base().chunks(|chunks| chunks.for_each_chunk(f));
    }

    /// Draws every chunk, by a walk over all of them under the lock.
    ///
    /// What it returns is formatted later, without the lock, so that `println!` may allocate from
    /// this heap.
    ///
    /// ```
    /// # use brkalloc::{BrkHeap, brk_heap};
    /// # #[global_allocator]
    /// # #[brk_heap]
    /// # static HEAP: BrkHeap;
    /// println!("{}", HEAP.picture());
    /// # assert!(HEAP.picture().to_string().contains("#"));
    /// ```
    #[must_use]
    pub fn picture(&self) -> Picture {
        self.stack.base().chunks(RawHeap::picture)
    }

    /// Returns the whole free pages of the top and of free chunks to the system, and returns how
    /// many bytes went back.
    ///
    /// The pages stay part of the arena. Pages that went back earlier and were not used since count
    /// again. Returns 0 for arenas that cannot give memory back.
    pub fn trim(&self) -> usize {
        self.stack.flush();
        self.stack.base().chunks(RawHeap::trim)
    }

    /// Returns how many bytes may be used at `pointer`: at least the size asked for.
    ///
    /// # Safety
    ///
    /// This heap handed out `pointer`, nobody has freed it since, and the configuration names this
    /// heap.
    #[must_use]
    pub unsafe fn usable_size(&self, pointer: NonNull<u8>) -> usize {
        // SAFETY: the caller guarantees the pointer.
        unsafe { requests::usable_size(&self.stack, pointer) }
    }
}

// SAFETY: as for `Layer`; a null pointer means that there is no room.
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
            // SAFETY: the caller guarantees the pointer and its layout.
            unsafe { requests::free(&self.stack, payload, Some(layout)) };
        }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(payload) = NonNull::new(pointer) else { return null_mut() };
        // SAFETY: the alignment is a layout's, and the caller guarantees the size.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the caller guarantees the pointer and its layout.
        let served = unsafe { requests::reallocate(&self.stack, payload, Some(layout), wanted) };
        served.map_or(null_mut(), NonNull::as_ptr)
    }
}

// SAFETY: it is the same heap.
unsafe impl<C: Config> GlobalAlloc for &'static BrkHeap<C> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller guarantees the layout.
        unsafe { (**self).alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller guarantees the layout.
        unsafe { (**self).alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller guarantees the pointer and its layout.
        unsafe { (**self).dealloc(pointer, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller guarantees the pointer and its layout.
        unsafe { (**self).realloc(pointer, layout, size) }
    }
}

impl<C: Config> fmt::Debug for BrkHeap<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BrkHeap").field(&format_args!("{}", self.config())).finish()
    }
}
