//! Chunks behind a cache: requests that no slab holds.
//!
//! A chunk of a [kept class](MediumClass) stays with the thread that frees it. A larger one goes back to
//! the arena. Both are [retired](objects::retire) first, if freed memory is filled or cleared.

use super::class::MediumClass;
use super::object::Object;
use super::{PerThread, depot, flushed, objects, with};
use crate::arena::index::Request;
use crate::layers::Layer;
use crate::layers::locked::Shared;
use core::alloc::Layout;
use core::ptr::NonNull;

/// What the arena is asked for: its class of kept chunks, if it has one.
fn request(layout: Layout) -> Option<Request> {
    MediumClass::of(layout).map_or_else(|| Request::of(layout), |class| Some(class.request()))
}

/// A chunk, one that the thread has kept if there is one.
#[inline(never)]
pub(super) fn allocate<C: PerThread>(layout: Layout) -> Option<NonNull<u8>> {
    if let Some(class) = MediumClass::of(layout) {
        if let Some(kept) = with::<C, _>(|cache| cache.take_medium(class)) {
            return Some(objects::reissued::<C>(kept));
        }
    }
    let request = request(layout)?;
    let home = C::base();
    with::<C, _>(|cache| cache.turn(home));
    home.serve(request).or_else(|| flushed::<C>().then(|| home.serve(request))?)
}

/// A chunk of zeros that is too large to be kept.
pub(super) fn allocate_zeroed<C: PerThread>(layout: Layout) -> Option<NonNull<u8>> {
    let zeroed = || C::base().allocate_zeroed(layout);
    zeroed().or_else(|| flushed::<C>().then(zeroed)?)
}

/// Frees a chunk, or keeps it.
///
/// # Safety
///
/// The heap handed `block` out as a chunk for `layout`, and it has not been freed since.
#[inline(never)]
pub(super) unsafe fn free<C: PerThread>(block: NonNull<u8>, layout: Layout) {
    // SAFETY: the caller gives up a block of more than 16 bytes at a multiple of 16.
    let chunk = unsafe { Object::new(block) };
    if let Some(class) = MediumClass::of(layout) {
        // SAFETY: the caller gives up the block.
        unsafe { objects::retire::<C>(block, layout.size()) };
        return with::<C, _>(|cache| cache.keep_medium(chunk, class));
    }
    let home = C::base();
    with::<C, _>(|cache| cache.turn(home));
    // Whose it is, only the address tells: a configuration written by hand can name two heaps.
    depot::with(home, |depot| depot.free_chunk(chunk));
}

/// Whether the chunk of `block` is now what `wanted` asks for, where it stands; `None` where nothing
/// could be.
///
/// # Safety
///
/// A heap of this configuration handed `block` out as a chunk, for `layout` if that is given, and it
/// has not been freed since.
pub(super) unsafe fn resize<C: PerThread>(
    block: NonNull<u8>,
    layout: Option<Layout>,
    wanted: Layout,
) -> Option<bool> {
    let (class, request) = (MediumClass::of(wanted), request(wanted)?);
    if class.is_some() && class == layout.and_then(MediumClass::of) {
        return Some(true);
    }
    Some(C::base().with(|Shared { chunks, .. }| {
        // SAFETY: the caller vouches for the block, which lies in this heap.
        chunks.reaches(block) && unsafe { chunks.resize(block, request) }
    }))
}

/// The bytes that may be used of the chunk of `block`; `None` if it is none of this heap's.
///
/// # Safety
///
/// A heap of this configuration handed `block` out as a chunk, and it has not been freed since. (A
/// heap with `harden = "full"` looks at whatever it is asked about.)
pub(super) unsafe fn size<C: PerThread>(block: NonNull<u8>) -> Option<usize> {
    C::base().with(|Shared { chunks, .. }| {
        // SAFETY: the caller vouches for the block, which lies in this heap.
        chunks.reaches(block).then(|| unsafe { chunks.usable_size(block) })
    })
}
