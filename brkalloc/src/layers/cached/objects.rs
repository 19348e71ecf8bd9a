//! Objects behind a cache: where a thread's magazine has none, and what an address tells.
//!
//! Where the arena has no room for a slab, one chunk stands in for an object; the map tells the two
//! apart when the object comes back.

use super::class::Class;
use super::depot::{self, LockedDepot};
use super::map::Kind;
use super::object::{Object, Objects};
use super::{PerThread, chunks, flushed, slabs, with};
use crate::arena::chunk::Window;
use crate::layers::guarded;
use crate::layers::locked::Shared;
use core::ptr::NonNull;

/// Up to a batch of objects of the class.
pub(super) fn take<C: PerThread>(class: Class) -> Objects {
    find(class, |depot: &mut LockedDepot<'_, C>| depot.take(class))
}

/// Up to `most` objects of slabs of the class.
pub(super) fn draw<C: PerThread>(class: Class, most: u16) -> Objects {
    find(class, |depot: &mut LockedDepot<'_, C>| depot.draw(class, most))
}

/// What `from` finds; where nothing is, one chunk that stands in for an object; where there is no
/// room for that either, the same once more, after everything that is kept has been given back.
fn find<C: PerThread>(class: Class, from: impl Fn(&mut LockedDepot<'_, C>) -> Objects) -> Objects {
    let home = C::base();
    let once = || {
        let at_depot = |shared: &mut Shared<C>| from(&mut depot::locked(home, shared));
        let found = home.opened(at_depot, || home.with(at_depot));
        found.or_else(|| {
            let chunk = home.serve(class.object()?)?;
            if Window::<C>::CHECKSUMMED {
                // SAFETY: the chunk is new, and has as many bytes as it is asked about.
                unsafe { guarded::retire::<C>(chunk, extent::<C>(chunk)) };
            }
            // SAFETY: the chunk is new, a multiple of a granule and at least one large.
            let object = unsafe { Object::new(chunk) };
            object.set_above::<C>(None, 1);
            Some(object)
        })
    };
    once().or_else(|| flushed::<C>().then(once)?)
}

/// Keeps an object.
///
/// # Safety
///
/// The heap handed `block` out for a layout of the class, and it has not been freed since.
#[inline]
pub(super) unsafe fn free<C: PerThread>(block: NonNull<u8>, class: Class) {
    // SAFETY: the caller gives up the block, which has what its class has.
    unsafe { retire::<C>(block, class.size()) };
    // SAFETY: the caller gives up an object of a class, at a multiple of 16.
    let object = unsafe { Object::new(block) };
    with::<C, _>(|cache| cache.give(object, class));
}

/// An object, or a kept chunk, for somebody who takes it: with `harden = "full"`, as it was left.
#[inline]
pub(super) fn reissued<C: PerThread>(object: Object) -> NonNull<u8> {
    let block = object.payload();
    if Window::<C>::CHECKSUMMED {
        guarded::check_retired::<C>(block, extent::<C>(block));
    }
    block
}

/// The class of the slab in which `block` lies; `None` if it lies in none.
pub(super) fn class_at<C: PerThread>(block: NonNull<u8>) -> Option<Class> {
    let map = &C::base().aside.map;
    match map.kind(map.page_of(block)) {
        Kind::Slab { class, .. } => Some(class),
        Kind::Chunks => None,
    }
}

/// The bytes of the block at `block`. With `harden = "full"`, what is none in use ends the program,
/// as far as map and tags can tell.
pub(super) fn extent<C: PerThread>(block: NonNull<u8>) -> usize {
    let map = &C::base().aside.map;
    let page = map.page_of(block);
    match map.kind(page) {
        Kind::Slab { class, back } => {
            let start = map.start_of(page.saturating_sub(back.into())).addr();
            if Window::<C>::CHECKSUMMED && !slabs::is_place(start, block.addr().get(), class) {
                slabs::no_object::<C>(block);
            }
            class.size()
        }
        // SAFETY: a heap that seals looks at whatever it is asked about, and others are asked about
        // what is in use, which is no slab's.
        Kind::Chunks => unsafe { chunks::size::<C>(block) }.unwrap_or_else(|| {
            if Window::<C>::CHECKSUMMED {
                C::base().with(|shared| shared.chunks.foreign(block));
            }
            0
        }),
    }
}

/// Clears a block that the thread will keep, of `least` bytes or more, where freed memory is
/// cleared; with `harden = "full"`, fills it with what is looked for when it is handed out again.
///
/// # Safety
///
/// A heap of this configuration handed `block` out, with so many bytes, and nobody needs it now.
#[inline]
pub(super) unsafe fn retire<C: PerThread>(block: NonNull<u8>, least: usize) {
    if Window::<C>::CHECKSUMMED {
        // SAFETY: they are the block's, which the caller gives up.
        unsafe { guarded::retire::<C>(block, extent::<C>(block)) };
    } else if Window::<C>::CLEARS {
        let bytes = match class_at::<C>(block) {
            Some(class) => class.size(),
            // SAFETY: the caller vouches for the block, which is no slab's.
            None => unsafe { chunks::size::<C>(block) }.unwrap_or(least),
        };
        // SAFETY: they are the block's, which the caller gives up.
        unsafe { block.write_bytes(0, bytes) };
    }
}
