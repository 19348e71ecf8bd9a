//! C's allocation functions over the heap of a configuration, with the semantics of glibc.
//!
//! ```text
//!   C code ── malloc, free, … ──► the expansion's functions ──► this module ──► the heap, as for Rust
//!             by symbol           `no_mangle`, nothing else     sizes, errno
//! ```
//!
//! The attribute's expansion defines the symbols, because only it knows the static; each calls its
//! namesake here. This module handles what C adds to a request: sizes that overflow, alignments,
//! and `errno`. A block needs no `Layout`: its address leads to its chunk or slab, which knows its
//! size. Every block is aligned to 16 bytes, as `max_align_t` requires.
//!
//! When the process begins, the dynamic loader calls first, before any constructor has run; at its
//! end come destructors and `atexit` handlers. The heap serves all of them: it is a static that no
//! constructor makes and no destructor ends. The C library may call from within the first request,
//! while that opens the heap. This call finds a closed heap that no lock guards, and opens it.
//!
//! These functions may only use thread-locals that begin as zeros, have no destructor, and are
//! found without a call: in a shared library, `__tls_get_addr` calls `malloc` to make any other.
//! The caches of such a heap are thread-locals of this kind.
//!
//! This module does not define `reallocarray`, which the C library builds on `realloc`, nor
//! `mallopt`, `mallinfo` and their kin, whose parameters and figures are those of the C library's own
//! heap.

use super::config::Config;
use super::requests;
use crate::arena::counters::Counters;
use crate::arena::tag::GRANULE;
use crate::diag::errno;
use crate::layers::Layer;
use crate::sys::source::Source;
use core::alloc::Layout;
use core::ffi::{c_int, c_void};
use core::ptr::{NonNull, null_mut};

/// Allocates `size` bytes; returns null, with `ENOMEM`, on failure. Size 0 gets a block of its own
/// as well.
#[inline]
#[must_use]
pub fn malloc<C: Config>(size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    answer(serve::<C>(GRANULE, size))
}

/// Allocates `count` elements of `size` bytes, all zero; returns null, with `ENOMEM`, on failure.
#[inline]
#[must_use]
pub fn calloc<C: Config>(count: usize, size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    let bytes = count.checked_mul(size);
    answer(bytes.and_then(|bytes| C::heap().stack.allocate_zeroed(layout(GRANULE, bytes)?)))
}

/// Resizes a block, in place or elsewhere. On failure returns null, with `ENOMEM`, and leaves the
/// block as it was. A null pointer asks for a new block. Size 0 frees the block and returns null.
///
/// # Safety
///
/// `pointer` is null, or the heap of `C` handed it out and nobody has freed it since.
#[inline]
pub unsafe fn realloc<C: Config>(pointer: *mut c_void, size: usize) -> *mut c_void {
    let Some(block) = NonNull::new(pointer.cast::<u8>()) else {
        return malloc::<C>(size);
    };
    if size == 0 {
        // SAFETY: the caller guarantees the pointer.
        unsafe { free::<C>(pointer) };
        return null_mut();
    }
    <C::Counters as Counters>::call();
    let Some(wanted) = layout(GRANULE, size) else { return refuse(libc::ENOMEM) };
    // SAFETY: the caller guarantees the pointer.
    answer(unsafe { requests::reallocate(&C::heap().stack, block, None, wanted) })
}

/// Frees a block; ignores a null pointer. Preserves `errno`, whatever the heap's lock and the
/// system do to it.
///
/// # Safety
///
/// `pointer` is null, or the heap of `C` handed it out and nobody has freed it since.
#[inline]
pub unsafe fn free<C: Config>(pointer: *mut c_void) {
    let Some(block) = NonNull::new(pointer.cast::<u8>()) else { return };
    <C::Counters as Counters>::call();
    let _kept = errno::keep();
    // SAFETY: the caller guarantees the pointer.
    unsafe { requests::free(&C::heap().stack, block, None) };
}

/// Frees a block of known size. (C23)
///
/// # Safety
///
/// As for [`free`].
#[inline]
pub unsafe fn free_sized<C: Config>(pointer: *mut c_void, _size: usize) {
    // SAFETY: the caller guarantees the pointer.
    unsafe { free::<C>(pointer) };
}

/// Frees a block of known alignment and size. (C23)
///
/// # Safety
///
/// As for [`free`].
#[inline]
pub unsafe fn free_aligned_sized<C: Config>(pointer: *mut c_void, _alignment: usize, _size: usize) {
    // SAFETY: the caller guarantees the pointer.
    unsafe { free::<C>(pointer) };
}

/// Allocates `size` bytes at a multiple of `alignment`. Returns null with `EINVAL` if that is no
/// power of two, as glibc does since 2.38, and with `ENOMEM` on failure.
#[must_use]
pub fn aligned_alloc<C: Config>(alignment: usize, size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    if alignment.is_power_of_two() {
        return answer(serve::<C>(alignment, size));
    }
    refuse(libc::EINVAL)
}

/// Allocates `size` bytes at a multiple of `alignment`, rounded up to a power of two. Returns null
/// with `EINVAL` if there is no such power, and with `ENOMEM` on failure.
#[must_use]
pub fn memalign<C: Config>(alignment: usize, size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    match alignment.checked_next_power_of_two() {
        Some(alignment) => answer(serve::<C>(alignment, size)),
        None => refuse(libc::EINVAL),
    }
}

/// Allocates `size` bytes at a multiple of `alignment` and stores the pointer in `place`. Returns
/// 0; or `EINVAL` for an alignment that is no power of two or less than a pointer's, or `ENOMEM`,
/// with `place` unchanged. Preserves `errno`.
///
/// # Safety
///
/// `place` is valid for a write of a pointer.
pub unsafe fn posix_memalign<C: Config>(
    place: *mut *mut c_void,
    alignment: usize,
    size: usize,
) -> c_int {
    <C::Counters as Counters>::call();
    if !alignment.is_power_of_two() || alignment < size_of::<*mut c_void>() {
        return libc::EINVAL;
    }
    let _kept = errno::keep();
    let Some(block) = serve::<C>(alignment, size) else { return libc::ENOMEM };
    // SAFETY: the caller guarantees the place.
    unsafe { place.write(block.as_ptr().cast()) };
    0
}

/// Allocates `size` bytes that begin at a page; returns null, with `ENOMEM`, on failure.
#[must_use]
pub fn valloc<C: Config>(size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    answer(serve::<C>(<C::Source as Source>::page_size(), size))
}

/// Allocates the whole pages that `size` bytes take; returns null, with `ENOMEM`, on failure.
#[must_use]
pub fn pvalloc<C: Config>(size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    let page = <C::Source as Source>::page_size();
    let pages = size.checked_next_multiple_of(page);
    answer(pages.and_then(|size| serve::<C>(page, size)))
}

/// Returns how many bytes may be used at `pointer`; 0 for a null pointer.
///
/// # Safety
///
/// As for [`free`].
#[must_use]
pub unsafe fn malloc_usable_size<C: Config>(pointer: *mut c_void) -> usize {
    let Some(block) = NonNull::new(pointer.cast::<u8>()) else { return 0 };
    <C::Counters as Counters>::call();
    // SAFETY: the caller guarantees the pointer.
    unsafe { C::heap().usable_size(block) }
}

/// Gives the free pages of the heap back to the system, and before that what the calling thread's
/// cache, the depot and ended threads keep. Returns 1 if any bytes went back, otherwise 0. Ignores
/// `_pad`, the bytes that glibc would leave at its top. Preserves `errno`.
#[must_use]
pub fn malloc_trim<C: Config>(_pad: usize) -> c_int {
    <C::Counters as Counters>::call();
    let _kept = errno::keep();
    let given = C::heap().trim();
    c_int::from(0 < given)
}

#[inline]
fn serve<C: Config>(alignment: usize, size: usize) -> Option<NonNull<u8>> {
    C::heap().stack.allocate(layout(alignment, size)?)
}

/// Returns the `Layout` of a C request. C expects a block of its own for size 0.
#[inline]
fn layout(alignment: usize, size: usize) -> Option<Layout> {
    Layout::from_size_align(size.max(1), alignment.max(GRANULE)).ok()
}

/// Converts a result for C: null, with `ENOMEM`, for none.
#[inline]
fn answer(served: Option<NonNull<u8>>) -> *mut c_void {
    match served {
        Some(block) => block.as_ptr().cast(),
        None => refuse(libc::ENOMEM),
    }
}

/// Sets `errno` and returns null.
#[cold]
fn refuse(why: c_int) -> *mut c_void {
    errno::set(why);
    null_mut()
}
