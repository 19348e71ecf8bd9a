//! C's allocation functions over the heap of a configuration, with the semantics of glibc.
//!
//! ```text
//!   C code ── malloc, free, … ──► the expansion's functions ──► this module ──► the heap, as for Rust
//!             by symbol           `no_mangle`, nothing else     sizes, errno
//! ```
//!
//! The attribute's expansion defines the symbols, because only it knows the static; each calls its
//! namesake here. What C adds to a request is checked here: sizes that overflow, alignments, and
//! what `errno` says. A block needs no `Layout`: its address leads to its chunk or slab, which knows its
//! size. Every block is aligned to 16 bytes, as `max_align_t` asks.
//!
//! When the process begins, the dynamic loader is the first to call, before any constructor has
//! run; at its end come destructors and `atexit` handlers. A heap is a static that neither a
//! constructor makes nor a destructor ends, so both are served. A call from within the first one,
//! by the C library on which opening the heap calls, finds a closed heap that no lock guards and
//! opens it.
//!
//! No thread-local may stand in the way of these functions but one that is zeros at first, has no
//! destructor, and is found without a call: what `__tls_get_addr` calls to make one in a shared
//! library is `malloc`. The caches of such a heap are thread-locals of this kind.
//!
//! This module does not define `reallocarray`, which the C library builds on `realloc`, nor
//! `mallopt`, `mallinfo` and their kin, which speak of the C library's own heap.

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

/// `size` bytes; null, with `ENOMEM`, if there are none. Of size 0, a block of its own as well.
#[inline]
#[must_use]
pub fn malloc<C: Config>(size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    answer(serve::<C>(GRANULE, size))
}

/// `count` elements of `size` bytes, all zero; null, with `ENOMEM`, if there are none.
#[inline]
#[must_use]
pub fn calloc<C: Config>(count: usize, size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    let bytes = count.checked_mul(size);
    answer(bytes.and_then(|bytes| C::heap().stack.allocate_zeroed(layout(GRANULE, bytes)?)))
}

/// The block at another size, where it stands or moved; null, with `ENOMEM` and the block as it
/// was, if there is no room. A null pointer asks for a new block; size 0 frees, and answers null.
///
/// # Safety
///
/// `pointer` is null, or the heap of `C` handed it out, and it has not been freed since.
#[inline]
pub unsafe fn realloc<C: Config>(pointer: *mut c_void, size: usize) -> *mut c_void {
    let Some(block) = NonNull::new(pointer.cast::<u8>()) else {
        return malloc::<C>(size);
    };
    if size == 0 {
        // SAFETY: the caller vouches for the pointer.
        unsafe { free::<C>(pointer) };
        return null_mut();
    }
    <C::Counters as Counters>::call();
    let Some(wanted) = layout(GRANULE, size) else { return refuse(libc::ENOMEM) };
    // SAFETY: the caller vouches for the pointer.
    answer(unsafe { requests::reallocate(&C::heap().stack, block, None, wanted) })
}

/// Frees the block; a null pointer is none. `errno` stays as it is, whatever the heap's lock and
/// the system do to it.
///
/// # Safety
///
/// `pointer` is null, or the heap of `C` handed it out, and it has not been freed since.
#[inline]
pub unsafe fn free<C: Config>(pointer: *mut c_void) {
    let Some(block) = NonNull::new(pointer.cast::<u8>()) else { return };
    <C::Counters as Counters>::call();
    let _kept = errno::keep();
    // SAFETY: the caller vouches for the pointer.
    unsafe { requests::free(&C::heap().stack, block, None) };
}

/// Frees the block, of which the caller knows the size. (C23)
///
/// # Safety
///
/// As for [`free`].
#[inline]
pub unsafe fn free_sized<C: Config>(pointer: *mut c_void, _size: usize) {
    // SAFETY: the caller vouches for the pointer.
    unsafe { free::<C>(pointer) };
}

/// Frees the block, of which the caller knows alignment and size. (C23)
///
/// # Safety
///
/// As for [`free`].
#[inline]
pub unsafe fn free_aligned_sized<C: Config>(pointer: *mut c_void, _alignment: usize, _size: usize) {
    // SAFETY: the caller vouches for the pointer.
    unsafe { free::<C>(pointer) };
}

/// `size` bytes at a multiple of `alignment`; null with `EINVAL` if that is no power of two, as
/// glibc has it since 2.38, and with `ENOMEM` if there are none.
#[must_use]
pub fn aligned_alloc<C: Config>(alignment: usize, size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    if alignment.is_power_of_two() {
        return answer(serve::<C>(alignment, size));
    }
    refuse(libc::EINVAL)
}

/// `size` bytes at a multiple of `alignment`, which becomes the next power of two; null with
/// `EINVAL` if there is none, and with `ENOMEM` if there are no such bytes.
#[must_use]
pub fn memalign<C: Config>(alignment: usize, size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    match alignment.checked_next_power_of_two() {
        Some(alignment) => answer(serve::<C>(alignment, size)),
        None => refuse(libc::EINVAL),
    }
}

/// Puts `size` bytes at a multiple of `alignment` into `place`. Answers 0; or `EINVAL` for an
/// alignment that is no power of two or less than a pointer's, or `ENOMEM`, with `place` as it was.
/// `errno` stays as it is.
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
    // SAFETY: the caller vouches for the place.
    unsafe { place.write(block.as_ptr().cast()) };
    0
}

/// `size` bytes that begin at a page; null, with `ENOMEM`, if there are none.
#[must_use]
pub fn valloc<C: Config>(size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    answer(serve::<C>(<C::Source as Source>::page_size(), size))
}

/// The whole pages that `size` bytes take; null, with `ENOMEM`, if there are none.
#[must_use]
pub fn pvalloc<C: Config>(size: usize) -> *mut c_void {
    <C::Counters as Counters>::call();
    let page = <C::Source as Source>::page_size();
    let pages = size.checked_next_multiple_of(page);
    answer(pages.and_then(|size| serve::<C>(page, size)))
}

/// The bytes that may be used at `pointer`; none at a null pointer.
///
/// # Safety
///
/// As for [`free`].
#[must_use]
pub unsafe fn malloc_usable_size<C: Config>(pointer: *mut c_void) -> usize {
    let Some(block) = NonNull::new(pointer.cast::<u8>()) else { return 0 };
    <C::Counters as Counters>::call();
    // SAFETY: the caller vouches for the pointer.
    unsafe { C::heap().usable_size(block) }
}

#[inline]
fn serve<C: Config>(alignment: usize, size: usize) -> Option<NonNull<u8>> {
    C::heap().stack.allocate(layout(alignment, size)?)
}

/// What C asks for, as Rust says it. Of size 0, C wants a block of its own.
#[inline]
fn layout(alignment: usize, size: usize) -> Option<Layout> {
    Layout::from_size_align(size.max(1), alignment.max(GRANULE)).ok()
}

/// The block as C sees it; null, with `ENOMEM`, for none.
#[inline]
fn answer(served: Option<NonNull<u8>>) -> *mut c_void {
    match served {
        Some(block) => block.as_ptr().cast(),
        None => refuse(libc::ENOMEM),
    }
}

/// Null, and why.
#[cold]
fn refuse(why: c_int) -> *mut c_void {
    errno::set(why);
    null_mut()
}
