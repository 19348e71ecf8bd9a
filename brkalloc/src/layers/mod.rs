//! The layers between a user's request and the arena, after Heap Layers (Berger and others 2001).
//!
//! ```text
//!   #[brk_heap(cache = "1MiB", large = "1MiB", harden = "full")]
//!
//!   Recording record = "app"        every request becomes a record in a file
//!   Mapping     large = "1MiB"      a mapping of its own for each large request
//!     Guarding  harden = "full"     a guard behind each block, and the quarantine
//!       Caching cache = "1MiB"      small objects and medium chunks per thread
//!         Locked                    one thread at a time; opens the window
//!           RawHeap                 the arena: it chooses the chunk
//! ```
//!
//! Each layer holds the next one. It serves a request or passes it on. A layer that the attribute
//! does not select is not in the type: [`Cache`](cached::Cache), [`Hardening`](guarded::Hardening)
//! and [`Large`](mapped::Large) name the layer that an option puts over those below it. Only
//! [`Recording`](recorded::Recording) always is: a path is no type. Without one it passes on.
//!
//! This room does not copy: when a block must move, the caller in [`heap`](crate::heap) copies it.
//! Neighbors: [`arena`](crate::arena), [`sys`](crate::sys) and [`diag`](crate::diag) below;
//! [`heap`](crate::heap) above.

#![expect(missing_debug_implementations, reason = "a heap shows its configuration, not its layers")]

#[cfg(feature = "watch")]
mod annotated;
pub(crate) mod cached;
pub(crate) mod guarded;
pub(crate) mod locked;
pub(crate) mod lone;
pub(crate) mod mapped;
pub(crate) mod quarantine;
pub(crate) mod recorded;

use crate::arena::check::Corruption;
use crate::arena::heap::RawHeap;
use crate::arena::params::Params as ArenaParams;
use crate::arena::stats::Stats;
use crate::sys::lock::Lock;
use crate::sys::source::Source;
use core::alloc::Layout;
use core::ptr::NonNull;
use locked::{Extra, Locked};
use quarantine::{Quarantine, Queue};
use recorded::Recorder;

/// `L`, with sanitizer annotations if the feature `watch` is on.
#[cfg(feature = "watch")]
pub(crate) type Annotated<L> = annotated::Annotating<L>;
/// `L`, with sanitizer annotations if the feature `watch` is on.
#[cfg(not(feature = "watch"))]
pub(crate) type Annotated<L> = L;

/// The part of a heap's configuration that the layers read.
///
/// Every [`Config`](crate::Config) implements it; nothing else does.
pub trait Params: ArenaParams {
    /// The source of the arena's memory.
    type Source: Source;
    /// How threads share the heap.
    type Lock: Lock;
    /// The part of a cache that the lock guards.
    type Depot: Extra + Send;
    /// The part of a cache that threads use without the heap's lock.
    type Aside: Extra + Sync;
    /// Whether freed blocks wait in a quarantine before the heap hands them out again.
    type Quarantine: Quarantine;
    /// Bytes committed at the first allocation.
    const ARENA: usize;
    /// The greatest size of the arena, in bytes.
    const LIMIT: usize;
    /// The most bytes that each thread may cache; `None` without a cache.
    const KEEPS: Option<usize>;
    /// The most bytes that all threads may cache together.
    const TOTAL: usize;
    /// Whether the heap is C's `malloc`.
    const IS_MALLOC: bool;
    /// The lock in its initial state.
    const LOCK: Self::Lock;

    /// The recorder of every request, if there is one.
    fn recorder() -> Option<&'static Recorder>;

    /// The locked arena of the one static with this configuration.
    fn base() -> &'static Locked<Self>;
}

/// A heap: the operations that each layer offers to the one above it.
///
/// Pointers to blocks carry the provenance of their [whole](crate::arena::chunk::whole) window or
/// mapping, because a layer may write beyond a layout. The layout of a block is the one its owner
/// asked for. It is `None` where the owner does not know it, as C does not.
///
/// # Safety
///
/// A block is aligned and at least as large as its layout. It overlaps no other block in use, and
/// it stays where it is until it is freed or resized. No operation unwinds.
pub unsafe trait Layer: Sized + Sync {
    /// The configuration.
    type Params: Params;
    /// The lowest layer.
    type Base: Base<Params = Self::Params>;
    /// A heap without memory.
    const NEW: Self;

    /// The lowest layer.
    fn base(&self) -> &Self::Base;

    /// Allocates a block. On failure returns `None` and leaves the heap unchanged.
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// Allocates a block whose first `layout.size()` bytes are zero; `None` on failure.
    fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// This heap handed out `block`, for `layout` if that is given, or has resized it to that, and
    /// nobody has freed it since.
    unsafe fn free(&self, block: NonNull<u8>, layout: Option<Layout>);

    /// Resizes a block to `wanted`, which has the alignment of `block`: in place if possible, or
    /// with new room elsewhere. Returns `None` and leaves the block as it was if there is no room.
    ///
    /// # Safety
    ///
    /// As for [`free`](Layer::free); `wanted` has no greater alignment than the block was handed out
    /// for.
    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Option<Layout>,
        wanted: Layout,
    ) -> Option<Resized>;

    /// Returns how many bytes the owner may use at `block`.
    ///
    /// # Safety
    ///
    /// As for [`free`](Layer::free).
    unsafe fn usable_size(&self, block: NonNull<u8>, layout: Option<Layout>) -> usize;

    /// Checks every invariant of the heap.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold.
    fn check(&self) -> Result<(), Corruption> {
        self.base().chunks(RawHeap::check)
    }

    /// Returns everything that this layer keeps to the layer below.
    fn flush(&self) {}

    /// Adds this layer's figures.
    fn figures(&self, _: &mut Stats) {}
}

/// The result of [`Layer::resize`].
pub enum Resized {
    /// The block has the wanted size and keeps its bytes.
    InPlace(NonNull<u8>),
    /// New room for the block. The old block is still in use, and its bytes are not copied yet.
    Elsewhere(NonNull<u8>),
}

/// A lowest layer, which has an arena.
pub trait Base {
    /// The configuration.
    type Params: Params;
    /// The source of the arena's memory.
    type Source: Source;

    /// Calls `f` with exclusive access to the arena.
    fn chunks<R>(&self, f: impl FnOnce(&mut RawHeap<Self::Params, Self::Source>) -> R) -> R;

    /// Whether this is the heap that its configuration names.
    fn is_home(&self) -> bool {
        true
    }

    /// Calls `f` with the quarantine, if there is one.
    fn queue<R>(&self, _: impl FnOnce(&mut Queue) -> R) -> Option<R> {
        None
    }
}

/// Clears a block for somebody who wants `size` bytes of zeros. Only the given number of its first
/// bytes can be nonzero.
///
/// # Safety
///
/// The block is new, and has at least `size` bytes.
unsafe fn cleared(served: Option<(NonNull<u8>, usize)>, size: usize) -> Option<NonNull<u8>> {
    let (block, dirty) = served?;
    // SAFETY: the caller guarantees the bytes.
    unsafe { block.write_bytes(0, size.min(dirty)) };
    Some(block)
}
