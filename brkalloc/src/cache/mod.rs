//! The cache: small objects and middle chunks per thread, in front of the chunks.
//!
//! ```text
//!   thread    magazines: an object list a class │ kept chunks: a list a class      no lock
//!                 │ a batch at a time           │ an eighth at a time
//!   heap      depot: whole batches, slabs       │                                  the heap's lock
//!                 │ a slab at a time            │
//!             chunks ◄──────────────────────────┘
//! ```
//!
//! Requests of up to a kibibyte are objects of a slab, without a tag, so that 16 bytes take 16.
//! Those of up to 32 KiB are chunks that stay with the thread when they are freed. Both are found
//! by the layout alone, with no lock, no atomic operation, and no look at the chunk. Everything
//! else goes to the heap, and so does whatever lies idle: a cache is never what keeps memory from
//! serving another size for long.
//!
//! A heap is [`Uncached`] unless the attribute says otherwise; such a heap has no byte and no
//! branch of this. The cache of a [`Cached`] heap is typed by its configuration, so no two heaps
//! can share one. This module says which request takes which way; it links nothing itself.

mod class;
mod depot;
#[cfg(unix)]
pub(crate) mod exported;
mod inspect;
mod kept;
mod magazine;
mod map;
mod object;
mod thread;

pub use thread::{ThreadCache, ThreadEnd};

use crate::BrkHeap;
use crate::check::Corruption;
use crate::chunk::{self, Window};
use crate::config::Config;
use crate::counters::Tally;
use crate::guard;
use crate::heap::RawHeap;
use crate::index::Request;
use crate::quarantine::Quarantine;
use crate::report;
use crate::serve::Serve;
use class::{Class, KeptClass};
use core::alloc::Layout;
use core::fmt;
use core::ptr::NonNull;
use depot::{Counter, Depot};
use map::{Kind, Map};
pub(crate) use object::{LINKED, Object, Objects};

/// Whether, and how, threads keep what they free.
///
/// Implemented by [`Uncached`] and [`Cached`] alone.
pub trait Cache<C: Config>: Ways<C> {}

/// What threads share of a heap, under its lock.
pub struct Shared<C: Config> {
    pub(crate) chunks: RawHeap<C, C::Source>,
    pub(crate) depot: <C::Cache as Ways<C>>::Depot,
    pub(crate) quarantine: C::Quarantine,
}

impl<C: Config> Shared<C> {
    pub(crate) const CLOSED: Self = Self {
        chunks: RawHeap::CLOSED,
        depot: <C::Cache as Ways<C>>::DEPOT,
        quarantine: C::Quarantine::NEW,
    };
}

impl<C: Config> fmt::Debug for Shared<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

pub(crate) use ways::Ways;

mod ways {
    use super::{Config, Corruption, Layout, NonNull, Shared};
    use crate::BrkHeap;

    /// The way that each request takes. Private: a cache is chosen, not written.
    ///
    /// Blocks come as pointers to their [whole](crate::chunk::whole) window: links and what is cleared
    /// may lie beyond a layout.
    pub trait Ways<C: Config>: Sized + 'static {
        /// What the heap's lock guards beside the chunks.
        type Depot: Send + core::fmt::Debug;
        /// What is read without the lock.
        type Aside: Sync;

        /// The most bytes that each thread may keep, and that all of them may share; `None` where
        /// nothing is kept.
        const KEEPS: Option<usize>;
        /// An empty depot.
        const DEPOT: Self::Depot;
        /// Of a heap that is not open.
        const ASIDE: Self::Aside;

        /// Makes ready, once the heap has its memory; the lock is held.
        fn open(heap: &BrkHeap<C>, shared: &mut Shared<C>);

        /// A block; `None` if there is none, with nothing lost.
        fn allocate(heap: &BrkHeap<C>, layout: Layout) -> Option<NonNull<u8>>;

        /// A block of zeros; `None` if there is none, with nothing lost.
        fn allocate_zeroed(heap: &BrkHeap<C>, layout: Layout) -> Option<NonNull<u8>>;

        /// Frees a block.
        ///
        /// # Safety
        ///
        /// This heap handed `block` out for `layout`, and it has not been freed since.
        unsafe fn free(heap: &BrkHeap<C>, block: NonNull<u8>, layout: Layout);

        /// The block at another size; `None`, with the block as it was, if there is no room.
        ///
        /// # Safety
        ///
        /// This heap handed `block` out for `layout`, and it has not been freed since.
        unsafe fn reallocate(
            heap: &BrkHeap<C>,
            block: NonNull<u8>,
            layout: Layout,
            size: usize,
        ) -> Option<NonNull<u8>>;

        /// Frees a block of which only the address is known.
        ///
        /// # Safety
        ///
        /// This heap handed `block` out, and it has not been freed since.
        unsafe fn free_at(heap: &BrkHeap<C>, block: NonNull<u8>);

        /// Whether a block of which only the address is known now has the size that is `wanted`, where
        /// it stands, and is what that layout says of it.
        ///
        /// # Safety
        ///
        /// This heap handed `block` out, and it has not been freed since.
        unsafe fn resize_at(heap: &BrkHeap<C>, block: NonNull<u8>, wanted: Layout) -> bool;

        /// The bytes that may be used at `block`.
        ///
        /// # Safety
        ///
        /// This heap handed `block` out, and it has not been freed since.
        unsafe fn usable_size(heap: &BrkHeap<C>, block: NonNull<u8>) -> usize;

        /// The first broken invariant.
        fn check(heap: &BrkHeap<C>) -> Result<(), Corruption>;

        /// Gives back what this thread and the depot keep.
        fn flush(heap: &BrkHeap<C>);

        /// The most bytes that threads may hold, as far as they have said.
        fn held(heap: &BrkHeap<C>) -> Option<usize>;
    }
}

/// No cache: what the attribute names decides about every request.
#[derive(Debug)]
pub enum Uncached {}

impl<C: Config<Cache = Self>> Cache<C> for Uncached {}

impl<C: Config<Cache = Self>> Ways<C> for Uncached {
    type Depot = ();
    type Aside = ();
    const KEEPS: Option<usize> = None;
    const DEPOT: () = ();
    const ASIDE: () = ();

    fn open(_: &BrkHeap<C>, _: &mut Shared<C>) {}

    #[inline]
    fn allocate(heap: &BrkHeap<C>, layout: Layout) -> Option<NonNull<u8>> {
        Request::of(layout).and_then(|request| heap.serve(request))
    }

    #[inline]
    fn allocate_zeroed(heap: &BrkHeap<C>, layout: Layout) -> Option<NonNull<u8>> {
        Request::of(layout).and_then(|request| heap.cleared(request, layout.size()))
    }

    #[inline]
    unsafe fn free(heap: &BrkHeap<C>, block: NonNull<u8>, layout: Layout) {
        chunk::fetch_above(block.as_ptr(), layout.size());
        // SAFETY: the caller vouches for the block.
        unsafe { Serve::free(heap, block) };
    }

    #[inline]
    unsafe fn reallocate(
        heap: &BrkHeap<C>,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        let request = Request::new(size, layout.align())?;
        chunk::fetch_above(block.as_ptr(), layout.size());
        // SAFETY: the caller vouches for the block and its layout.
        unsafe { Serve::reallocate(heap, block, request, size.min(layout.size())) }
    }

    #[inline]
    unsafe fn free_at(heap: &BrkHeap<C>, block: NonNull<u8>) {
        // SAFETY: the caller vouches for the block.
        unsafe { Serve::free(heap, block) };
    }

    unsafe fn resize_at(heap: &BrkHeap<C>, block: NonNull<u8>, wanted: Layout) -> bool {
        let Some(request) = Request::of(wanted) else { return false };
        // SAFETY: the caller vouches for the block.
        heap.shared.with(|shared| unsafe { shared.chunks.resize(block, request) })
    }

    unsafe fn usable_size(heap: &BrkHeap<C>, block: NonNull<u8>) -> usize {
        // SAFETY: the caller vouches for the block.
        heap.shared.with(|shared| unsafe { shared.chunks.usable_size(block) })
    }

    fn check(heap: &BrkHeap<C>) -> Result<(), Corruption> {
        heap.shared.with(|shared| shared.chunks.check())
    }

    fn flush(_: &BrkHeap<C>) {}

    fn held(_: &BrkHeap<C>) -> Option<usize> {
        None
    }
}

/// A cache for each thread, of up to `BYTES` bytes.
#[derive(Debug)]
pub enum Cached<const BYTES: usize> {}

/// A cache for each thread, whatever its size.
pub trait Keeping<C: Config>: Ways<C, Depot = Depot, Aside = Aside<C>> {}

impl<C: PerThread + Config<Cache = Self>, const BYTES: usize> Keeping<C> for Cached<BYTES> {}

/// The thread-locals of a heap with a cache: the attribute declares them.
///
/// The trait is safe to implement: a cache that somebody makes and drops loses what is in it, and
/// nothing more. Each heap takes back only what its own map or chunks know.
pub trait PerThread: Config<Cache: Keeping<Self>> {
    /// Calls `f` with this thread's cache.
    fn with<R>(f: impl FnOnce(&ThreadCache<Self>) -> R) -> R;

    /// Has what this thread keeps given back when the thread ends; whether that will happen.
    fn watch_end() -> bool;
}

/// Calls `f` with this thread's cache.
#[inline]
fn with<C: PerThread, R>(f: impl FnOnce(&ThreadCache<C>) -> R) -> R {
    report::without_unwinding(|| C::NAME, || C::with(f))
}

/// The one heap whose objects this configuration's caches keep.
fn home<C: Config>() -> &'static BrkHeap<C> {
    report::without_unwinding(|| C::NAME, C::heap)
}

/// What is read of a heap with a cache without its lock.
#[derive(Debug)]
pub struct Aside<C> {
    map: Map<C>,
    /// The most bytes that threads may hold, as far as they have said.
    held: Tally,
}

/// What a heap with a cache does, whatever the size of that.
enum Caching {}

impl Caching {
    /// Calls `f` with the depot, under the lock.
    fn with<C: PerThread, R>(
        home: &'static BrkHeap<C>,
        f: impl FnOnce(&mut Counter<'_, C>) -> R,
    ) -> R {
        home.shared.with(|shared| f(&mut Self::counter(home, shared)))
    }

    fn counter<'a, C: PerThread>(
        home: &'a BrkHeap<C>,
        shared: &'a mut Shared<C>,
    ) -> Counter<'a, C> {
        Counter { depot: &mut shared.depot, chunks: &mut shared.chunks, map: &home.aside.map }
    }

    /// Up to a batch of objects of the class.
    fn take<C: PerThread>(home: &'static BrkHeap<C>, class: Class) -> Objects {
        Self::objects(home, class, |counter| counter.take(class))
    }

    /// Up to `most` objects of slabs of the class.
    fn draw<C: PerThread>(home: &'static BrkHeap<C>, class: Class, most: u16) -> Objects {
        Self::objects(home, class, |counter| counter.draw(class, most))
    }

    /// What `from` finds; where nothing is, one chunk that stands in for an object; where there is no
    /// room for that either, the same once more, after everything that is kept has been given back.
    fn objects<C: PerThread>(
        home: &'static BrkHeap<C>,
        class: Class,
        from: impl Fn(&mut Counter<'_, C>) -> Objects,
    ) -> Objects {
        let once = || {
            let at_depot = |shared: &mut Shared<C>| from(&mut Self::counter(home, shared));
            let found = home.opened(at_depot, || home.shared.with(at_depot));
            found.or_else(|| {
                let chunk = home.serve(class.object()?)?;
                if Window::<C>::SEALED {
                    // SAFETY: the chunk is new, and has as many bytes as it is asked about.
                    unsafe { guard::retire::<C>(chunk, Self::extent(home, chunk)) };
                }
                // SAFETY: the chunk is new, a multiple of a granule and at least one large.
                let object = unsafe { Object::new(chunk) };
                object.set_above::<C>(None, 1);
                Some(object)
            })
        };
        once().or_else(|| Self::flushed(home).then(once)?)
    }

    /// Gives back all that is kept, before a request is refused; whether there is any memory.
    #[cold]
    fn flushed<C: PerThread>(home: &'static BrkHeap<C>) -> bool {
        C::Cache::flush(home);
        home.shared.with(|shared| shared.chunks.is_open())
    }

    fn note_held<C: PerThread>(home: &'static BrkHeap<C>, change: usize) {
        if change != 0 {
            home.aside.held.add(change);
        }
    }

    /// What the chunks are asked for a layout that no slab holds: its class of kept chunks, if it has
    /// one.
    fn chunk_request(layout: Layout) -> Option<Request> {
        KeptClass::of(layout).map_or_else(|| Request::of(layout), |class| Some(class.request()))
    }

    /// A chunk, one that the thread has kept if there is one.
    #[inline(never)]
    fn chunk<C: PerThread>(layout: Layout) -> Option<NonNull<u8>> {
        let class = KeptClass::of(layout);
        if let Some(class) = class {
            if let Some(kept) = with::<C, _>(|cache| cache.take_kept(class)) {
                return Some(Self::reissued::<C>(kept));
            }
        }
        let request = Self::chunk_request(layout)?;
        let home = home::<C>();
        with::<C, _>(|cache| cache.turn(home));
        home.serve(request).or_else(|| Self::flushed(home).then(|| home.serve(request))?)
    }

    /// # Safety
    ///
    /// The heap handed `block` out as a chunk for `layout`, and it has not been freed since.
    #[inline(never)]
    unsafe fn free_chunk<C: PerThread>(block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller gives up a block of more than 16 bytes at a multiple of 16.
        let chunk = unsafe { Object::new(block) };
        if let Some(class) = KeptClass::of(layout) {
            // SAFETY: the caller gives up the block.
            unsafe { Self::retire::<C>(block, layout.size()) };
            return with::<C, _>(|cache| cache.keep(chunk, class));
        }
        let home = home::<C>();
        with::<C, _>(|cache| cache.turn(home));
        // Whose it is, only the address tells: a configuration written by hand can name two heaps.
        Self::with(home, |counter| counter.free_chunk(chunk));
    }

    /// An object, or a kept chunk, for somebody who takes it: with `harden = "full"`, as it was left.
    #[inline]
    fn reissued<C: PerThread>(object: Object) -> NonNull<u8> {
        let block = object.payload();
        if Window::<C>::SEALED {
            guard::check_retired::<C>(block, Self::extent(home::<C>(), block));
        }
        block
    }

    /// The bytes of the block at `block`. With `harden = "full"`, what is none in use ends the program,
    /// as far as map and tags can tell.
    fn extent<C: PerThread>(home: &BrkHeap<C>, block: NonNull<u8>) -> usize {
        let map = &home.aside.map;
        let page = map.page_of(block);
        match map.kind(page) {
            Kind::Slab { class, back } => {
                let start = map.start_of(page.saturating_sub(back.into())).addr();
                if Window::<C>::SEALED && !depot::is_place(start, block.addr().get(), class) {
                    depot::no_object::<C>(block);
                }
                class.size()
            }
            // SAFETY: a heap that seals looks at whatever it is asked about, and others are asked about
            // what is in use, which is no slab's.
            Kind::Chunks => unsafe { Self::chunk_size(home, block) }.unwrap_or_else(|| {
                if Window::<C>::SEALED {
                    home.shared.with(|shared| shared.chunks.foreign(block));
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
    unsafe fn retire<C: PerThread>(block: NonNull<u8>, least: usize) {
        if Window::<C>::SEALED {
            // SAFETY: they are the block's, which the caller gives up.
            unsafe { guard::retire::<C>(block, Self::extent(home::<C>(), block)) };
        } else if Window::<C>::CLEARS {
            let home = home::<C>();
            let map = &home.aside.map;
            let bytes = match map.kind(map.page_of(block)) {
                Kind::Slab { class, .. } => class.size(),
                // SAFETY: the caller vouches for the block, which is no slab's.
                Kind::Chunks => unsafe { Self::chunk_size(home, block) }.unwrap_or(least),
            };
            // SAFETY: they are the block's, which the caller gives up.
            unsafe { block.write_bytes(0, bytes) };
        }
    }

    /// The bytes that may be used of the chunk of `block`; `None` if it is none of this heap's.
    ///
    /// # Safety
    ///
    /// A heap of this configuration handed `block` out as a chunk, and it has not been freed since.
    unsafe fn chunk_size<C: PerThread>(home: &BrkHeap<C>, block: NonNull<u8>) -> Option<usize> {
        home.shared.with(|Shared { chunks, .. }| {
            // SAFETY: the caller vouches for the block, which lies in this heap.
            chunks.reaches(block).then(|| unsafe { chunks.usable_size(block) })
        })
    }

    /// Whether the chunk of `block` now has what `request` asks for, where it stands: never if it is
    /// none of this heap's.
    ///
    /// # Safety
    ///
    /// A heap of this configuration handed `block` out as a chunk, and it has not been freed since.
    unsafe fn resize_chunk<C: PerThread>(
        home: &BrkHeap<C>,
        block: NonNull<u8>,
        request: Request,
    ) -> bool {
        home.shared.with(|Shared { chunks, .. }| {
            // SAFETY: the caller vouches for the block, which lies in this heap.
            chunks.reaches(block) && unsafe { chunks.resize(block, request) }
        })
    }
}

impl<C: PerThread + Config<Cache = Self>, const BYTES: usize> Cache<C> for Cached<BYTES> {}

impl<C: PerThread + Config<Cache = Self>, const BYTES: usize> Ways<C> for Cached<BYTES> {
    type Depot = Depot;
    type Aside = Aside<C>;
    const KEEPS: Option<usize> = Some(BYTES);
    const DEPOT: Depot = Depot::EMPTY;
    #[expect(clippy::declare_interior_mutable_const, reason = "where each heap's map comes from")]
    const ASIDE: Self::Aside = Aside { map: Map::new(), held: Tally::NEW };

    fn open(heap: &BrkHeap<C>, shared: &mut Shared<C>) {
        let (base, bytes) = shared.chunks.extent();
        heap.aside.map.open(base, bytes);
    }

    #[inline]
    fn allocate(_: &BrkHeap<C>, layout: Layout) -> Option<NonNull<u8>> {
        match Class::of(layout) {
            Some(class) => with::<C, _>(|cache| cache.take(class)).map(Caching::reissued::<C>),
            None => Caching::chunk::<C>(layout),
        }
    }

    #[inline]
    fn allocate_zeroed(heap: &BrkHeap<C>, layout: Layout) -> Option<NonNull<u8>> {
        if Class::of(layout).is_none() && KeptClass::of(layout).is_none() {
            let home = home::<C>();
            let request = Request::of(layout)?;
            let cleared = || home.cleared(request, layout.size());
            return cleared().or_else(|| Caching::flushed(home).then(cleared)?);
        }
        let block = Self::allocate(heap, layout)?;
        // SAFETY: the block has the layout's bytes, and is the caller's.
        unsafe { block.write_bytes(0, layout.size()) };
        Some(block)
    }

    #[inline]
    unsafe fn free(_: &BrkHeap<C>, block: NonNull<u8>, layout: Layout) {
        match Class::of(layout) {
            Some(class) => {
                // SAFETY: the caller gives up the block, which has what its class has.
                unsafe { Caching::retire::<C>(block, class.size()) };
                // SAFETY: the caller gives up an object of a class, at a multiple of 16.
                let object = unsafe { Object::new(block) };
                with::<C, _>(|cache| cache.give(object, class));
            }
            // SAFETY: no slab holds such a layout, so it is a chunk; the caller vouches for it.
            None => unsafe { Caching::free_chunk::<C>(block, layout) },
        }
    }

    #[inline]
    unsafe fn reallocate(
        heap: &BrkHeap<C>,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        let wanted = Layout::from_size_align(size, layout.align()).ok()?;
        let stays = match (Class::of(layout), Class::of(wanted)) {
            (None, None) => {
                let (class, request) = (KeptClass::of(wanted), Caching::chunk_request(wanted)?);
                let is_same = class.is_some() && class == KeptClass::of(layout);
                // SAFETY: no slab holds such a layout, so it is a chunk; the caller vouches for it.
                is_same || unsafe { Caching::resize_chunk(home::<C>(), block, request) }
            }
            (old, new) => old == new,
        };
        if stays {
            return Some(block);
        }
        let served = Self::allocate(heap, wanted)?;
        // SAFETY: both have as many bytes, and are two.
        unsafe { served.copy_from_nonoverlapping(block, size.min(layout.size())) };
        // SAFETY: the caller vouches for the block, which nobody needs now.
        unsafe { Self::free(heap, block, layout) };
        Some(served)
    }

    unsafe fn free_at(_: &BrkHeap<C>, block: NonNull<u8>) {
        let home = home::<C>();
        let map = &home.aside.map;
        match map.kind(map.page_of(block)) {
            Kind::Slab { class, .. } => {
                // SAFETY: the caller gives up the block, which has what its class has.
                unsafe { Caching::retire::<C>(block, class.size()) };
                // SAFETY: the caller gives up an object of a slab, at a multiple of 16.
                let object = unsafe { Object::new(block) };
                with::<C, _>(|cache| cache.give(object, class));
            }
            // SAFETY: the caller vouches for the block, which is no slab's.
            Kind::Chunks => unsafe { Serve::free(home, block) },
        }
    }

    unsafe fn resize_at(_: &BrkHeap<C>, block: NonNull<u8>, wanted: Layout) -> bool {
        let home = home::<C>();
        let map = &home.aside.map;
        match (map.kind(map.page_of(block)), Class::of(wanted)) {
            (Kind::Slab { class, .. }, wanted) => Some(class) == wanted,
            (Kind::Chunks, Some(_)) => false,
            (Kind::Chunks, None) => Caching::chunk_request(wanted).is_some_and(|request| {
                // SAFETY: the caller vouches for the block, which is no slab's.
                unsafe { Caching::resize_chunk(home, block, request) }
            }),
        }
    }

    unsafe fn usable_size(_: &BrkHeap<C>, block: NonNull<u8>) -> usize {
        Caching::extent(home::<C>(), block)
    }

    fn check(_: &BrkHeap<C>) -> Result<(), Corruption> {
        let home = home::<C>();
        with::<C, _>(|cache| {
            Caching::with(home, |counter| {
                counter.chunks.check()?;
                counter.check()?;
                cache.check(counter)
            })
        })
    }

    fn flush(_: &BrkHeap<C>) {
        let home = home::<C>();
        with::<C, _>(|cache| cache.give_all(home));
        home.shared.with(|shared| Caching::counter(home, shared).clear_all());
    }

    fn held(_: &BrkHeap<C>) -> Option<usize> {
        Some(home::<C>().aside.held.get())
    }
}
