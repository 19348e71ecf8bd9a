//! Objects behind a cache: where a magazine's refill comes from, and which block an address names.
//!
//! Where the arena has no room for a slab, one chunk stands in for an object. The map tells the two
//! apart when the object comes back.

use super::class::Class;
use super::depot;
use super::map::Kind;
use super::object::{Object, Objects};
use super::{PerThread, ThreadCache, chunks, flushed, slabs, with};
use crate::arena::chunk::Window;
use crate::layers::guarded;
use crate::layers::locked::{Locked, Shared};
use core::ptr::NonNull;

/// Takes up to `most` objects from slabs of the class. Without any, flushes the caches, unless the thread has since its
/// last sweep, and tries again; then allocates one chunk in place of an object, and at last flushes them in any case.
pub(super) fn draw<C: PerThread>(class: Class, most: u16) -> Objects {
    let home = C::base();
    let drawn = || {
        let at_depot = |shared: &mut Shared<C>| depot::locked(home, shared).draw(class, most);
        // SAFETY: the depot runs nothing else.
        let drawn = unsafe { home.opened(at_depot, || home.with(at_depot)) };
        drawn.and_then(|drawn| drawn.linked::<C>(&home.aside.map))
    };
    let instead = || chunk_instead(home, class);
    // A chunk between slabs stands in the way of the slab that there is room for once the caches are empty.
    let is_first = || with::<C, _>(ThreadCache::is_first_flush);
    drawn()
        .or_else(|| (is_first() && flushed::<C>()).then(drawn)?)
        .or_else(instead)
        .or_else(|| flushed::<C>().then(|| drawn().or_else(instead))?)
}

/// Allocates a chunk in place of an object.
fn chunk_instead<C: PerThread>(home: &Locked<C>, class: Class) -> Objects {
    let chunk = home.serve(class.object()?)?;
    if Window::<C>::CHECKSUMMED {
        // SAFETY: the heap has just handed out the chunk.
        let extent = unsafe { extent(home, chunk) };
        // SAFETY: the chunk is new, and has `extent` bytes.
        unsafe { guarded::retire::<C>(chunk, extent) };
    }
    // SAFETY: the chunk is new, begins at a multiple of a granule and has at least one.
    let object = unsafe { Object::new(chunk) };
    object.set_above::<C>(None, 1);
    Some(object)
}

/// Frees an object to the thread's cache.
///
/// # Safety
///
/// The heap handed out `block` for a layout of the class, and nobody has freed it since.
#[inline]
pub(super) unsafe fn free<C: PerThread>(block: NonNull<u8>, class: Class) {
    // SAFETY: the caller gives up the block, which has the bytes of its class.
    unsafe { retire::<C>(block, class.size()) };
    // SAFETY: the caller gives up an object of a class, at a multiple of 16.
    let object = unsafe { Object::new(block) };
    with::<C, _>(|cache| cache.give(object, class));
}

/// Returns the class of the slab of `home` in which `block` lies; `None` if it lies in none.
pub(super) fn class_at<C: PerThread>(home: &Locked<C>, block: NonNull<u8>) -> Option<Class> {
    let map = &home.aside.map;
    match map.kind(map.page_of(block)) {
        Kind::Slab { class, .. } => Some(class),
        Kind::Chunks => None,
    }
}

/// Returns the size of the block at `block`. With `harden = "full"`, ends the program if map and
/// tags can tell that no block in use is there.
///
/// A configuration written by hand can name another heap from one call to the next, so map and chunks
/// are those of one `home`: what is no slab's for one heap may be a slab's for the other.
///
/// # Safety
///
/// A heap of this configuration handed out `block`, and nobody has freed it since. (A heap with
/// `harden = "full"` verifies any address it is asked about.)
pub(super) unsafe fn extent<C: PerThread>(home: &Locked<C>, block: NonNull<u8>) -> usize {
    let map = &home.aside.map;
    let page = map.page_of(block);
    match map.kind(page) {
        Kind::Slab { class, back } => {
            let start = map.start_of(page.saturating_sub(back.into())).addr();
            if Window::<C>::CHECKSUMMED && !slabs::is_place(start, block.addr().get(), class) {
                slabs::no_object::<C>(block);
            }
            class.size()
        }
        // SAFETY: the caller guarantees that the block is in use, or that the heap verifies the address;
        // it is no slab's of this heap.
        Kind::Chunks => unsafe { chunks::size(home, block) }.unwrap_or_else(|| {
            if Window::<C>::CHECKSUMMED {
                home.with(|shared| shared.chunks.foreign(block));
            }
            0
        }),
    }
}

/// Prepares a block of `least` bytes or more for the cache: clears it where the heap clears freed
/// memory; with `harden = "full"`, fills it with the pattern that [`reissued`](super::reissued) verifies.
///
/// # Safety
///
/// A heap of this configuration handed out `block`, with at least `least` bytes, and nobody needs
/// it now.
#[inline]
pub(super) unsafe fn retire<C: PerThread>(block: NonNull<u8>, least: usize) {
    if Window::<C>::CHECKSUMMED {
        // SAFETY: the caller guarantees that the block was handed out.
        let extent = unsafe { extent(C::base(), block) };
        // SAFETY: the bytes are the block's, which the caller gives up.
        unsafe { guarded::retire::<C>(block, extent) };
    } else if Window::<C>::CLEARS {
        let home = C::base();
        let bytes = match class_at(home, block) {
            Some(class) => class.size(),
            // SAFETY: the caller guarantees that the block is in use; it is no slab's of this heap.
            None => unsafe { chunks::size(home, block) }.unwrap_or(least),
        };
        // SAFETY: the bytes are the block's, which the caller gives up.
        unsafe { block.write_bytes(0, bytes) };
    }
}
