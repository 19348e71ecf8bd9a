//! A heap with a cache whose map of slabs is known: its source notes where the map lies.
//!
//! The map is memory that nobody's block can be, and no function of the crate says where it is; so
//! this heap's configuration is written by hand, over a source that passes everything on. Nothing
//! here knows what the map says.

use ::core::ptr::NonNull;
use ::core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use brkalloc::__private::{
    Bins, Cached, Config, Full, Immediate, Lifo, Mmap, PerThread, Region, Source, SpinLock,
    ThreadCache, ThreadEnd, Uncounted, Unmapped, Unquarantined,
};
use brkalloc::BrkHeap;

/// The heap.
pub static MAPPED: BrkHeap<Mapped> = BrkHeap::__new();

/// Where the map begins, and how many bytes it has.
static START: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// The first byte of the map, and how many there are: none before the first slab.
#[must_use]
pub fn region() -> Option<(usize, usize)> {
    let bytes = BYTES.load(Relaxed);
    (0 < bytes).then(|| (START.load(Relaxed), bytes))
}

/// Windows, and mappings, of which the map's is noted.
#[derive(Debug)]
pub struct Noted;

// SAFETY: what it grants, `Mmap` grants.
unsafe impl Source for Noted {
    const ZEROED: bool = <Mmap as Source>::ZEROED;
    const GROWS: bool = <Mmap as Source>::GROWS;
    const OPTION: &'static str = "noted";

    fn open(arena: usize, limit: usize) -> Option<Region> {
        <Mmap as Source>::open(arena, limit)
    }

    /// The first part of the map has 1024 entries of 32 bytes, and there is no other for so small a window.
    /// What threads keep stands in mappings of another size, and the index has no room of its own.
    fn map(size: usize) -> Option<NonNull<u8>> {
        let mapping = <Mmap as Source>::map(size)?;
        if size == 1024 * 32 {
            START.store(mapping.addr().get(), Relaxed);
            BYTES.store(size, Relaxed);
        }
        Some(mapping)
    }

    fn page_size() -> usize {
        <Mmap as Source>::page_size()
    }

    unsafe fn commit(base: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller guarantees the window.
        unsafe { <Mmap as Source>::commit(base, from, to) }
    }

    unsafe fn discard(base: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller guarantees the window.
        unsafe { <Mmap as Source>::discard(base, from, to) }
    }
}

/// The configuration of the heap.
#[derive(Debug)]
pub struct Mapped;

impl Config for Mapped {
    type Source = Noted;
    type Index = Bins<Lifo, 464>;
    type Coalesce = Immediate;
    type Lock = SpinLock;
    type Cache = Cached<{ 16 << 10 }>;
    type Large = Unmapped;
    type Quarantine = Unquarantined;
    type Counters = Uncounted;
    const NAME: &'static str = "MAPPED";
    const ARENA: usize = 64 << 10;
    const GROW: usize = 64 << 10;
    const LIMIT: usize = 1 << 20;
    const TRIM: usize = 128 << 10;
    type Harden = Full;
    const LOCK: SpinLock = SpinLock::new();

    fn heap() -> &'static BrkHeap<Self> {
        &MAPPED
    }
}

impl PerThread for Mapped {
    fn with<R>(f: impl FnOnce(&ThreadCache<Self>) -> R) -> R {
        thread_local! {
            static CACHE: ThreadCache<Mapped> = const { ThreadCache::new() };
        }
        CACHE.with(f)
    }

    fn watch_end() -> bool {
        thread_local! {
            static END: ThreadEnd<Mapped> = const { ThreadEnd::new() };
        }
        END.try_with(|_| ()).is_ok()
    }
}
