//! Chunks behind a cache, for requests that no slab holds.
//!
//! A chunk of a [medium class](MediumClass) stays with the thread that frees it. A larger one goes
//! back to the arena. If the heap fills or clears freed memory, it [retires](objects::retire) both
//! first.

use super::class::MediumClass;
use super::object::Object;
use super::{PerThread, depot, flushed, objects, with};
use crate::arena::index::Request;
use crate::layers::Layer;
use crate::layers::locked::{Locked, Shared};
use core::alloc::Layout;
use core::ptr::NonNull;

/// The most bytes that are a little to move.
const LITTLE: usize = 8192;

/// Returns the request to the arena: that of the layout's medium class, if it has one.
fn request(layout: Layout) -> Option<Request> {
    MediumClass::of(layout).map_or_else(|| Request::of(layout), |class| Some(class.request()))
}

/// Allocates a chunk, from the thread's medium cache if possible.
#[inline(never)]
pub(super) fn allocate<C: PerThread>(layout: Layout) -> Option<NonNull<u8>> {
    if let Some(class) = MediumClass::of(layout) {
        if let Some(kept) = with::<C, _>(|cache| cache.take_medium(class)) {
            return Some(super::reissued::<C>(kept));
        }
    }
    let request = request(layout)?;
    let home = C::base();
    with::<C, _>(|cache| cache.turn(home));
    home.serve(request).or_else(|| flushed::<C>().then(|| home.serve(request))?)
}

/// Allocates a chunk of zeros that is too large for the medium cache.
pub(super) fn allocate_zeroed<C: PerThread>(layout: Layout) -> Option<NonNull<u8>> {
    let zeroed = || C::base().allocate_zeroed(layout);
    zeroed().or_else(|| flushed::<C>().then(zeroed)?)
}

/// Frees a chunk, or keeps it in the medium cache.
///
/// # Safety
///
/// The heap handed out `block` as a chunk for `layout`, and nobody has freed it since.
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
    // Only the address tells which heap owns it: a configuration written by hand can name two
    // heaps.
    depot::with(home, |depot| depot.free_chunk(chunk));
}

/// Resizes the chunk of `block` in place. Returns whether it now fits `wanted`, or `None` if no
/// chunk could.
///
/// # Safety
///
/// A heap of this configuration handed out `block` as a chunk, for `layout` if that is given, and
/// nobody has freed it since.
pub(super) unsafe fn resize<C: PerThread>(
    home: &Locked<C>,
    block: NonNull<u8>,
    layout: Option<Layout>,
    wanted: Layout,
) -> Option<bool> {
    let (class, request) = (MediumClass::of(wanted), request(wanted)?);
    if let (Some(class), Some(old)) = (class, layout.and_then(MediumClass::of)) {
        // To move a little to a chunk that the thread keeps costs less than to look, under the lock, for room here.
        let grows = old.size() < class.size();
        let moves =
            || grows && old.size() <= LITTLE && with::<C, _>(|cache| cache.keeps_medium(class));
        if class == old || moves() {
            return Some(class == old);
        }
    }
    Some(home.with(|Shared { chunks, .. }| {
        // SAFETY: the caller guarantees that the block is in use; it lies in this heap.
        chunks.reaches(block) && unsafe { chunks.resize(block, request) }
    }))
}

/// Returns the usable bytes of the chunk of `block`; `None` if `home` does not own it.
///
/// # Safety
///
/// A heap of this configuration handed out `block`, and nobody has freed it since; it lies in no slab
/// of `home`. (A heap with `harden = "full"` verifies any address it is asked about.)
pub(super) unsafe fn size<C: PerThread>(home: &Locked<C>, block: NonNull<u8>) -> Option<usize> {
    home.with(|Shared { chunks, .. }| {
        // SAFETY: the caller guarantees that the block is in use; it lies in this heap.
        chunks.reaches(block).then(|| unsafe { chunks.usable_size(block) })
    })
}
