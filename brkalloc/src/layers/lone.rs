//! The lowest layer of a heap that one thread owns: the arena without a lock.
//!
//! It holds the arena that [`Locked`](super::locked::Locked) would lock. It has neither a cache nor
//! a quarantine. Its owner opens it.

use super::{Base, Layer, Params, Resized, cleared};
use crate::arena::heap::RawHeap;
use crate::arena::index::Request;
use crate::sys::lock::{Guarded, Unlocked};
use crate::sys::source::Source;
use core::alloc::Layout;
use core::ptr::NonNull;

/// The arena of one thread.
///
/// # Invariant
///
/// Only one thread at a time accesses it: [`Heap`](crate::Heap), the only type that holds one, is
/// not `Sync`.
pub(crate) struct Lone<C: Params, S: Source>(Guarded<Unlocked, RawHeap<C, S>>);

// SAFETY: a block is the payload of one chunk of the heap's own window until it is freed. Code that
// could unwind ends the process instead.
unsafe impl<C: Params, S: Source> Layer for Lone<C, S> {
    type Params = C;
    type Base = Self;
    const NEW: Self = {
        // SAFETY: by the invariant, only one thread at a time accesses it.
        let lock = unsafe { Unlocked::new() };
        Self(Guarded::new(lock, RawHeap::CLOSED))
    };

    #[inline]
    fn base(&self) -> &Self {
        self
    }

    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let request = Request::of(layout)?;
        self.0.with(|heap| heap.allocate(request))
    }

    #[inline]
    fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        let request = Request::of(layout)?;
        let served = self.0.with(|heap| heap.allocate_zeroed(request));
        // SAFETY: the block is new, and has the layout's bytes.
        unsafe { cleared(served, layout.size()) }
    }

    #[inline]
    unsafe fn free(&self, block: NonNull<u8>, _: Option<Layout>) {
        // SAFETY: the caller guarantees that the block is in use.
        self.0.with(|heap| unsafe { heap.free(block) });
    }

    #[inline]
    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        _: Option<Layout>,
        wanted: Layout,
    ) -> Option<Resized> {
        let request = Request::of(wanted)?;
        self.0.with(|heap| {
            // SAFETY: the caller guarantees that the block is in use.
            if unsafe { heap.resize(block, request) } {
                return Some(Resized::InPlace(block));
            }
            heap.allocate_instead(request).map(Resized::Elsewhere)
        })
    }

    unsafe fn usable_size(&self, block: NonNull<u8>, _: Option<Layout>) -> usize {
        // SAFETY: the caller guarantees that the block is in use.
        self.0.with(|heap| unsafe { heap.usable_size(block) })
    }
}

impl<C: Params, S: Source> Base for Lone<C, S> {
    type Params = C;
    type Source = S;

    fn chunks<R>(&self, f: impl FnOnce(&mut RawHeap<C, S>) -> R) -> R {
        self.0.with(f)
    }
}
