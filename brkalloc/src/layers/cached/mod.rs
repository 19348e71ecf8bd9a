//! The cache: small objects and medium chunks per thread, in front of the arena's chunks.
//!
//! ```text
//!   thread    magazines: an object list a class │ medium chunks: a list a class    no lock
//!                 │ a list at a time            │ an eighth at a time
//!   heap      shelves: lists of each class      │                                  a lock a class
//!                 │ a list at a time            │
//!             slabs                             │                                  the heap's lock
//!                 │ a slab at a time            │
//!             chunks ◄──────────────────────────┘
//! ```
//!
//! Requests of up to a kibibyte are objects of a slab. They have no tag, so 16 bytes take 16.
//! Requests of up to 32 KiB are medium chunks, which stay with the thread that frees them. The
//! layout alone selects both, with no lock, no atomic operation, and no access to the chunk.
//! Everything else goes to the heap, and so does what lies idle in the cache of a thread that runs: it
//! serves another size before long. A thread that sleeps keeps what it has, within the bound of all
//! threads together.
//!
//! A heap is [`Uncached`] unless the attribute says otherwise; such a heap has no byte and no
//! branch of this. The cache of a [`Cached`] heap is typed by its configuration, so no two heaps
//! can share one. A copy of a heap is served by the heap that its configuration names. This module
//! routes requests; it links nothing itself.

mod chunks;
mod class;
mod depot;
mod end;
#[cfg(unix)]
pub(crate) mod exported;
mod inspect;
mod magazine;
mod map;
mod medium;
pub(crate) mod object;
mod objects;
mod per_thread;
mod record;
mod records;
mod shelves;
mod slabs;
mod state;
mod thread;

pub use end::ThreadEnd;
pub use thread::ThreadCache;

use super::guarded;
use super::locked::{Extra, Locked};
use super::{Base, Layer, Params, Resized, cleared};
use crate::arena::check::Corruption;
use crate::arena::chunk::Window;
use crate::arena::stats::Stats;
use crate::diag::report;
use class::{Class, MediumClass};
use core::alloc::Layout;
use core::ptr::NonNull;
use depot::Depot;
use map::Map;
use object::{Object, Objects};
use shelves::Shelves;

/// Whether, and how, threads cache what they free.
///
/// Only [`Uncached`] and [`Cached`] implement it.
pub trait Cache<C: Params>: sealed::Sealed {
    /// The most bytes that each thread may cache; `None` without a cache.
    #[doc(hidden)]
    const KEEPS: Option<usize>;
    /// The most bytes that all threads may cache together.
    #[doc(hidden)]
    const TOTAL: usize;
    /// The state that the heap's lock guards beside the chunks.
    #[doc(hidden)]
    type Depot: Extra + Send;
    /// The state that threads use without the heap's lock.
    #[doc(hidden)]
    type Aside: Extra + Sync;
    /// The layers up to this one.
    #[doc(hidden)]
    type Over: Layer<Params = C, Base = Locked<C>>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Uncached {}
    impl<const BYTES: usize, const TOTAL: usize> Sealed for super::Cached<BYTES, TOTAL> {}
}

/// No cache: every request goes to the arena.
#[derive(Debug)]
pub enum Uncached {}

impl<C: Params> Cache<C> for Uncached {
    const KEEPS: Option<usize> = None;
    const TOTAL: usize = 0;
    type Depot = ();
    type Aside = ();
    type Over = Locked<C>;
}

/// A cache for each thread, of up to `BYTES` bytes; all of them together have up to `TOTAL` bytes, or
/// sixteen times `BYTES`, but no more than the arena, if that is 0.
#[derive(Debug)]
pub enum Cached<const BYTES: usize, const TOTAL: usize = 0> {}

/// The cache of a heap whose attribute names none, and no placement.
#[cfg(not(target_arch = "wasm32"))]
pub type CachedByDefault<const BYTES: usize, const TOTAL: usize = 0> = Cached<BYTES, TOTAL>;

/// No cache: this target has none.
#[cfg(target_arch = "wasm32")]
pub type CachedByDefault<const BYTES: usize, const TOTAL: usize = 0> = Uncached;

impl<C: PerThread, const BYTES: usize, const TOTAL: usize> Cache<C> for Cached<BYTES, TOTAL> {
    const KEEPS: Option<usize> = Some(BYTES);
    const TOTAL: usize = {
        let limit = if C::LIMIT < BYTES { BYTES } else { C::LIMIT };
        let total = BYTES.saturating_mul(16);
        match TOTAL {
            0 if limit < total => limit,
            0 => total,
            _ => TOTAL,
        }
    };
    type Depot = Depot;
    type Aside = Aside<C>;
    type Over = Caching<C>;
}

/// The thread-locals of a heap with a cache. The attribute declares them.
///
/// The trait is safe to implement: a cache that somebody makes and drops only loses its contents.
/// Each heap takes back only what its own map or chunks know.
pub trait PerThread: Params<Depot = Depot, Aside = Aside<Self>> {
    /// Calls `f` with this thread's cache.
    fn with<R>(f: impl FnOnce(&ThreadCache<Self>) -> R) -> R;

    /// Arranges that this thread gives back its cache when it ends. Returns whether that will
    /// happen.
    fn watch_end() -> bool;
}

/// Calls `f` with this thread's cache.
#[inline]
fn with<C: PerThread, R>(f: impl FnOnce(&ThreadCache<C>) -> R) -> R {
    report::without_unwinding(|| C::NAME, || C::with(f))
}

/// The state of a cached heap that threads use without its lock.
pub struct Aside<C: Params> {
    map: Map<C>,
    shelves: Shelves<C>,
}

impl<C: Params> Extra for Aside<C> {
    const NEW: Self = Self { map: Map::new(), shelves: Shelves::EMPTY };

    unsafe fn open(&self, base: *mut u8) {
        // SAFETY: the caller guarantees the same.
        unsafe { self.map.open(base) };
    }

    unsafe fn lock(&self) {
        // SAFETY: the caller guarantees it.
        unsafe { self.shelves.lock() };
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the locks.
        unsafe { self.shelves.unlock() };
    }
}

/// The layer that puts a cache of each thread in front of a locked arena.
pub struct Caching<C: PerThread>(Locked<C>);

/// The fast path: no lock, no atomic operation. Everything else is in `thread`.
impl<C: PerThread> ThreadCache<C> {
    /// Takes an object of the class; none if the heap has no room.
    #[inline]
    fn take(&self, class: Class) -> Objects {
        match self.record().front(class).pop::<C>() {
            None => thread::refill::<C>(class),
            object => object,
        }
    }

    /// Keeps an object of the class.
    #[inline]
    fn give(&self, object: Object, class: Class) {
        if !self.record().front(class).push::<C>(object) {
            thread::spill::<C>(object, class);
        }
    }
}

/// Returns the block of an object or a medium chunk that leaves the cache. With `harden = "full"`,
/// verifies its fill first.
#[inline]
fn reissued<C: PerThread>(object: Object) -> NonNull<u8> {
    let block = object.payload();
    if Window::<C>::CHECKSUMMED {
        // SAFETY: a heap with `harden = "full"` verifies any address it is asked about.
        let extent = unsafe { objects::extent(C::base(), block) };
        guarded::check_retired::<C>(block, extent);
    }
    block
}

// SAFETY: a block is an object of a slab, or a chunk, and left every list before the heap handed it
// out. Slabs and chunks belong to the locked arena.
unsafe impl<C: PerThread> Layer for Caching<C> {
    type Params = C;
    type Base = Locked<C>;
    const NEW: Self = Self(Locked::NEW);

    #[inline]
    fn base(&self) -> &Locked<C> {
        &self.0
    }

    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        match Class::of(layout) {
            Some(class) => with::<C, _>(|cache| cache.take(class)).map(reissued::<C>),
            None => chunks::allocate::<C>(layout),
        }
    }

    #[inline]
    fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        if Class::of(layout).is_none() && MediumClass::of(layout).is_none() {
            return chunks::allocate_zeroed::<C>(layout);
        }
        let block = self.allocate(layout)?;
        // SAFETY: the block is new, and has the layout's bytes.
        unsafe { cleared(Some((block, layout.size())), layout.size()) }
    }

    #[inline]
    unsafe fn free(&self, block: NonNull<u8>, layout: Option<Layout>) {
        let Some(layout) = layout else {
            let home = C::base();
            return match objects::class_at(home, block) {
                // SAFETY: the caller gives up the block, which is an object of the class.
                Some(class) => unsafe { objects::free::<C>(block, class) },
                // SAFETY: the caller guarantees that the block is in use; it is no slab's.
                None => unsafe { home.release(block) },
            };
        };
        match Class::of(layout) {
            // SAFETY: the caller gives up the block, which is an object of the class, or a chunk in
            // place of one.
            Some(class) => unsafe { objects::free::<C>(block, class) },
            // SAFETY: no slab holds such a layout, so it is a chunk; the caller guarantees that it is in use.
            None => unsafe { chunks::free::<C>(block, layout) },
        }
    }

    #[inline]
    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Option<Layout>,
        wanted: Layout,
    ) -> Option<Resized> {
        let home = C::base();
        let class = match layout {
            Some(layout) => Class::of(layout),
            None => objects::class_at(home, block),
        };
        let stays = match (class, Class::of(wanted)) {
            // SAFETY: no slab holds the block, so it is a chunk; the caller guarantees that it is in use.
            (None, None) => unsafe { chunks::resize(home, block, layout, wanted)? },
            (old, new) => old == new,
        };
        if stays {
            return Some(Resized::InPlace(block));
        }
        self.allocate(wanted).map(Resized::Elsewhere)
    }

    unsafe fn usable_size(&self, block: NonNull<u8>, _: Option<Layout>) -> usize {
        // SAFETY: the caller guarantees that the block is in use.
        unsafe { objects::extent(C::base(), block) }
    }

    fn check(&self) -> Result<(), Corruption> {
        with::<C, _>(|cache| {
            depot::with(C::base(), |depot| {
                depot.chunks.check()?;
                depot.check()?;
                depot.check_records()?;
                cache.check(depot)
            })
        })
    }

    fn flush(&self) {
        flush::<C>();
    }

    fn figures(&self, stats: &mut Stats) {
        let home = C::base();
        stats.cached = Some(depot::with(home, |depot| depot.held()));
        if let Some(operations) = &mut stats.operations {
            for stats in home.aside.shelves.lock_stats() {
                operations.add(stats);
            }
        }
    }
}

/// Gives back everything that this thread, the depot, and threads that are gone keep.
fn flush<C: PerThread>() {
    let home = C::base();
    with::<C, _>(|cache| cache.give_all(home));
    depot::with(home, |depot| {
        depot.look_at_all();
        depot.clear_all();
    });
}

/// Flushes the caches before the heap refuses a request. Returns whether the heap has any memory.
#[cold]
fn flushed<C: PerThread>() -> bool {
    flush::<C>();
    C::base().chunks(|chunks| chunks.is_open())
}
