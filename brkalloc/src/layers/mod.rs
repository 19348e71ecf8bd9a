//! The layers between a user's request and the arena, after Heap Layers (Berger and others 2001).
//!
//! ```text
//!   #[brk_heap(cache = "1MiB", large = "1MiB", harden = "full")]
//!
//!   Mapping     large = "1MiB"      a mapping of its own for each large request
//!     Guarding  harden = "full"     a guard behind each block, and the quarantine
//!       Caching cache = "1MiB"      small objects and middle chunks per thread
//!         Locked                    one thread at a time; opens the window
//!           RawHeap                 the arena: it chooses the chunk
//! ```
//!
//! A layer holds the next one, and serves a request or passes it on. A layer that was not chosen is
//! not in the type: [`Cache`](cached::Cache), [`Hardening`](guarded::Hardening) and
//! [`Large`](mapped::Large) name what a choice puts over the layers below it.
//!
//! This room does not copy: a block that must move is copied by whoever asked, in
//! [`heap`](crate::heap). Neighbors: [`arena`](crate::arena), [`sys`](crate::sys) and
//! [`diag`](crate::diag) below; [`heap`](crate::heap) above.

#![expect(missing_debug_implementations, reason = "a heap shows its configuration, not its layers")]

pub(crate) mod cached;
pub(crate) mod guarded;
pub(crate) mod locked;
pub(crate) mod lone;
pub(crate) mod mapped;
pub(crate) mod quarantine;
#[cfg(feature = "watch")]
mod watched;

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

/// `L`, with annotations for sanitizers if the feature `watch` asks for them.
#[cfg(feature = "watch")]
pub(crate) type Watched<L> = watched::Watching<L>;
/// `L`, with annotations for sanitizers if the feature `watch` asks for them.
#[cfg(not(feature = "watch"))]
pub(crate) type Watched<L> = L;

/// What the layers ask of their heap's configuration.
///
/// Whoever implements [`Config`](crate::Config) has this: nobody implements it for itself.
pub trait Params: ArenaParams {
    /// What the arena is made of.
    type Source: Source;
    /// How threads share the heap.
    type Lock: Lock;
    /// What a cache keeps under the lock.
    type Depot: Extra + Send;
    /// What a cache reads without the lock.
    type Aside: Extra + Sync;
    /// Whether freed blocks wait before they are handed out again.
    type Quarantine: Quarantine;
    /// Bytes committed at the first allocation.
    const ARENA: usize;
    /// The most bytes that the arena may reach.
    const LIMIT: usize;
    /// The most bytes that each thread may keep, and that all of them may share; `None` without a
    /// cache.
    const KEEPS: Option<usize>;
    /// Whether the heap is C's `malloc`.
    const IS_MALLOC: bool;
    /// The lock, as it is before its first use.
    const LOCK: Self::Lock;

    /// The locked arena of the one static that has this configuration.
    fn base() -> &'static Locked<Self>;
}

/// A heap: what every layer does for the one above it.
///
/// Blocks come as pointers to their [whole](crate::arena::chunk::whole) window or mapping: what a
/// layer writes may lie beyond a layout. The layout of a block is what its owner asked for, if that
/// is known; C does not know it.
///
/// # Safety
///
/// A block is aligned and at least as large as its layout, overlaps no other block in use, and stays
/// where it is until it is freed or resized. Nothing unwinds.
pub unsafe trait Layer: Sized + Sync {
    /// The configuration.
    type Params: Params;
    /// The lowest layer.
    type Base: Base<Params = Self::Params>;
    /// A heap without memory.
    const NEW: Self;

    /// The lowest layer.
    fn base(&self) -> &Self::Base;

    /// A block; `None` if there is none, with nothing lost.
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// A block whose first bytes, as many as the layout has, are zero; `None` if there is none.
    fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, for `layout` if that is given, and it has not been freed since.
    unsafe fn free(&self, block: NonNull<u8>, layout: Option<Layout>);

    /// A block for `wanted`, with the alignment that `block` has: the same one where that is
    /// possible, or another. `None`, with the block as it was, if there is no room.
    ///
    /// # Safety
    ///
    /// As for [`free`](Layer::free).
    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Option<Layout>,
        wanted: Layout,
    ) -> Option<Resized>;

    /// The bytes that may be used at `block`.
    ///
    /// # Safety
    ///
    /// As for [`free`](Layer::free).
    unsafe fn usable_size(&self, block: NonNull<u8>, layout: Option<Layout>) -> usize;

    /// The first invariant that does not hold.
    ///
    /// # Errors
    ///
    /// That one.
    fn check(&self) -> Result<(), Corruption> {
        self.base().chunks(|chunks| chunks.check())
    }

    /// Gives back to the layer below what is kept for later.
    fn flush(&self) {}

    /// Adds this layer's figures.
    fn report(&self, _: &mut Stats) {}
}

/// What [`Layer::resize`] has found.
pub enum Resized {
    /// The block, with its bytes, at the wanted size.
    InPlace(NonNull<u8>),
    /// Room for it. The old block is still in use, and nothing was copied.
    Elsewhere(NonNull<u8>),
}

/// A lowest layer: it has an arena.
pub trait Base {
    /// The configuration.
    type Params: Params;
    /// What the arena is made of.
    type Source: Source;

    /// Calls `f` with the arena, which is nobody else's meanwhile.
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

/// A block of which only the first bytes, so many, may not be zero, for somebody who wants `size`
/// bytes of zeros.
fn cleared(served: Option<(NonNull<u8>, usize)>, size: usize) -> Option<NonNull<u8>> {
    let (block, dirty) = served?;
    // SAFETY: the block is new, and has at least `size` bytes.
    unsafe { block.write_bytes(0, size.min(dirty)) };
    Some(block)
}
