//! Safe code that does to a heap what it should not: `audacity CASE`.
#![forbid(unsafe_code)]

use allocator_api2::vec::Vec as VecIn;
use brkalloc::__private::{
    Basic, Cached, Config, FirstFit, Full, Immediate, Lent, Mapped, Mmap, PerThread, Source,
    SpinLock, Static, Storage, ThreadCache, ThreadEnd, Tree, Uncached, Unchecked, Uncounted,
    Unmapped, Unquarantined, Zero,
};
use brkalloc::{BrkHeap, Heap, brk_heap};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::process::exit;
use std::thread;

#[brk_heap(source = "mmap", policy = "first_fit")]
static MADE: BrkHeap;

#[brk_heap(source = "mmap", lock = "spin", policy = "first_fit")]
static SPUN: BrkHeap;

/// A configuration by hand, that finds its heap by `F` and its memory in `S`.
struct ByHand<F, S>(PhantomData<(F, S)>);

/// How a configuration finds its heap.
trait Find: Sized + 'static {
    fn find<S: Source + 'static>() -> &'static BrkHeap<ByHand<Self, S>>;
}

impl<F: Find, S: Source + 'static> Config for ByHand<F, S> {
    type Source = S;
    type Index = Tree<FirstFit>;
    type Coalesce = Immediate;
    type Lock = SpinLock;
    type Cache = Uncached;
    type Large = Unmapped;
    type Quarantine = Unquarantined;
    type Counters = Uncounted;
    const NAME: &'static str = "a heap by hand";
    const ARENA: usize = 4096;
    const GROW: usize = 4096;
    const LIMIT: usize = 1 << 20;
    const TRIM: usize = usize::MAX;
    type Harden = Basic;
    const LOCK: SpinLock = SpinLock::new();

    fn heap() -> &'static BrkHeap<Self> {
        F::find()
    }
}

struct Panics;

impl Find for Panics {
    fn find<S: Source + 'static>() -> &'static BrkHeap<ByHand<Self, S>> {
        std::panic::resume_unwind(Box::new("no heap"))
    }
}

impl Storage<true> for Panics {
    fn storage() -> Lent<true> {
        std::panic::resume_unwind(Box::new("no storage"))
    }
}

struct Allocates;

impl Find for Allocates {
    fn find<S: Source + 'static>() -> &'static BrkHeap<ByHand<Self, S>> {
        let heap = Box::leak(Box::new(BrkHeap::__new()));
        let _ = VecIn::<u8, &BrkHeap<_>>::new_in(heap).try_reserve(1);
        heap
    }
}

/// A configuration with a cache and without checks, that names one heap and then another.
struct Two;

static CURRENT: AtomicUsize = AtomicUsize::new(0);
static HEAPS: [BrkHeap<Two>; 2] = [const { BrkHeap::__new() }; 2];

impl Config for Two {
    type Source = Mmap;
    type Index = Tree<FirstFit>;
    type Coalesce = Immediate;
    type Lock = SpinLock;
    type Cache = Cached<{ 64 << 10 }>;
    type Large = Unmapped;
    type Quarantine = Unquarantined;
    type Counters = Uncounted;
    const NAME: &'static str = "a heap by hand";
    const ARENA: usize = 4096;
    const GROW: usize = 4096;
    const LIMIT: usize = 1 << 20;
    const TRIM: usize = usize::MAX;
    type Harden = Unchecked;
    const LOCK: SpinLock = SpinLock::new();

    fn heap() -> &'static BrkHeap<Self> {
        &HEAPS[CURRENT.load(Ordering::Relaxed)]
    }
}

impl PerThread for Two {
    fn with<R>(f: impl FnOnce(&ThreadCache<Self>) -> R) -> R {
        thread_local! {
            static CACHE: ThreadCache<Two> = const { ThreadCache::new() };
        }
        CACHE.with(f)
    }

    fn watch_end() -> bool {
        thread_local! {
            static END: ThreadEnd<Two> = const { ThreadEnd::new() };
        }
        END.try_with(|_| ()).is_ok()
    }
}

/// A cache that may keep nothing, on a heap that writes into all that it keeps.
struct Least;

static LEAST: BrkHeap<Least> = BrkHeap::__new();

impl Config for Least {
    type Source = Mmap;
    type Index = Tree<FirstFit>;
    type Coalesce = Immediate;
    type Lock = SpinLock;
    type Cache = Cached<0>;
    type Large = Unmapped;
    type Quarantine = Unquarantined;
    type Counters = Uncounted;
    const NAME: &'static str = "a heap by hand";
    const ARENA: usize = 4096;
    const GROW: usize = 4096;
    const LIMIT: usize = 1 << 20;
    const TRIM: usize = usize::MAX;
    type Harden = Full;
    const LOCK: SpinLock = SpinLock::new();

    fn heap() -> &'static BrkHeap<Self> {
        &LEAST
    }
}

impl PerThread for Least {
    fn with<R>(f: impl FnOnce(&ThreadCache<Self>) -> R) -> R {
        thread_local! {
            static CACHE: ThreadCache<Least> = const { ThreadCache::new() };
        }
        CACHE.with(f)
    }

    fn watch_end() -> bool {
        true
    }
}

/// Two heaps with a cache, and mappings beside them, that clear what they free; only the second's `heap()` changes.
struct Clearing;

/// As `CURRENT`: each answer is the other heap's.
const TURNING: usize = 2;
static TURNS: AtomicUsize = AtomicUsize::new(0);

static CLEARING: [BrkHeap<Clearing>; 2] = [const { BrkHeap::__new() }; 2];

impl Config for Clearing {
    type Source = Mmap;
    type Index = Tree<FirstFit>;
    type Coalesce = Immediate;
    type Lock = SpinLock;
    type Cache = Cached<{ 64 << 10 }>;
    type Large = Mapped<{ 1 << 20 }>;
    type Quarantine = Unquarantined;
    type Counters = Uncounted;
    const NAME: &'static str = "a heap by hand";
    const ARENA: usize = 4096;
    const GROW: usize = 4096;
    const LIMIT: usize = 1 << 20;
    const TRIM: usize = usize::MAX;
    type Harden = Unchecked;
    const ZERO: Zero = Zero::Free;
    const LOCK: SpinLock = SpinLock::new();

    fn heap() -> &'static BrkHeap<Self> {
        match CURRENT.load(Ordering::Relaxed) {
            TURNING => &CLEARING[TURNS.fetch_add(1, Ordering::Relaxed) % 2],
            current => &CLEARING[current],
        }
    }
}

impl PerThread for Clearing {
    fn with<R>(f: impl FnOnce(&ThreadCache<Self>) -> R) -> R {
        thread_local! {
            static CACHE: ThreadCache<Clearing> = const { ThreadCache::new() };
        }
        CACHE.with(f)
    }

    fn watch_end() -> bool {
        true
    }
}

/// Shrinks a vector whose neighbor below looks like the header of a mapping, while another heap is current: what is
/// behind it must stay.
fn clears_no_mapping_that_is_none() {
    let vector = |_| {
        let mut vector = VecIn::<u8, _>::new_in(&CLEARING[0]);
        vector.try_reserve_exact(64).expect("there is memory");
        vector.resize(64, 7);
        vector
    };
    let mut all: Vec<_> = (0..60).map(vector).collect();
    all.sort_by_key(|vector| vector.as_ptr().addr());
    let place = (0..58).find(|place| {
        let [below, it, above] = [0, 1, 2].map(|more| all[place + more].as_ptr().addr());
        it == below + 64 && above == it + 64
    });
    let place = place.expect("three of sixty objects are neighbors");
    let address = all[place + 1].as_ptr().addr();
    // A mapping of a mebibyte that began with the page.
    let header = [1_usize << 20, address % 4096].map(usize::to_ne_bytes);
    let behind = 64 - size_of_val(&header);
    all[place][behind..].copy_from_slice(header.as_flattened());
    CURRENT.store(1, Ordering::Relaxed);
    all[place + 1].truncate(60);
    all[place + 1].shrink_to_fit();
    CURRENT.store(0, Ordering::Relaxed);
    assert!(all[place + 2].iter().all(|byte| *byte == 7), "the block behind was cleared");
}

/// Shrinks vectors and drops some while the configuration names one heap and the other in turn, within one request:
/// all others must stay.
fn clears_nothing_beside() {
    let mut all: Vec<_> = (0..60)
        .map(|_| {
            let mut vector = VecIn::<u8, _>::new_in(&CLEARING[0]);
            vector.try_reserve_exact(64).expect("there is memory");
            vector.resize(60, 7);
            vector
        })
        .collect();
    // The first of a slab stands behind the slab's own tag.
    all.sort_by_key(|vector| vector.as_ptr().addr());
    for first_turn in 0..4 {
        for vector in &mut all[..4] {
            CURRENT.store(TURNING, Ordering::Relaxed);
            TURNS.store(first_turn, Ordering::Relaxed);
            vector.shrink_to_fit();
            CURRENT.store(0, Ordering::Relaxed);
            vector.reserve_exact(4);
        }
        CURRENT.store(TURNING, Ordering::Relaxed);
        TURNS.store(first_turn, Ordering::Relaxed);
        drop(all.remove(0));
        CURRENT.store(0, Ordering::Relaxed);
        let is_whole = all.iter().all(|vector| vector.iter().all(|byte| *byte == 7));
        assert!(is_whole, "a block beside was cleared");
    }
}

/// Vectors of a few bytes, every other of which is dropped and made again: none touches another.
fn neighbors_stay_intact() {
    let vector = |number: u8| {
        let mut vector = VecIn::new_in(&LEAST);
        vector.try_reserve_exact(1 + usize::from(number) % 40).expect("there is memory");
        vector.resize(vector.capacity(), number);
        vector
    };
    let mut vectors: Vec<_> = (0..200).map(vector).collect();
    for first in [0, 1, 0] {
        vectors.iter_mut().skip(first).step_by(2).for_each(|vector| {
            let number = vector[0];
            *vector = VecIn::new_in(&LEAST);
            vector.push(number);
        });
        let is_intact = |vector: &VecIn<u8, _>| vector.iter().all(|byte| *byte == vector[0]);
        assert!(vectors.iter().all(is_intact));
    }
    drop(vectors);
    LEAST.trim();
    assert_eq!(LEAST.check(), Ok(()));
}

/// Vectors of so many bytes on both heaps, the first of which changes while the second is current.
fn mix_up(bytes: usize, change: impl Fn(&mut VecIn<u8, &'static BrkHeap<Two>>)) {
    let vector = |number: usize| {
        CURRENT.store(number, Ordering::Relaxed);
        let mut all: Vec<_> = (0..200).map(|_| VecIn::new_in(&HEAPS[number])).collect();
        for vector in &mut all {
            let _ = vector.try_reserve_exact(bytes);
        }
        all
    };
    let (mut first, second) = (vector(0), vector(1));
    first.iter_mut().for_each(change);
    drop((first, second));
    // What the thread has kept goes back to the second heap.
    HEAPS[1].trim();
}

fn main() {
    let case = std::env::args().nth(1).expect("the argument is a case");
    match case.as_str() {
        "a configuration whose heap() panics" => {
            reserve(&BrkHeap::<ByHand<Panics, Mmap>>::__new());
        }
        "a storage that panics" => {
            let _ = Heap::<MADE, Static<Panics, true>>::__of_source(64, 64);
        }
        "a configuration whose heap() allocates from that heap" => {
            reserve(&BrkHeap::<ByHand<Allocates, Mmap>>::__new());
        }
        "a closure that allocates from its own heap over bytes" => {
            over_bytes(|heap| {
                let _ = heap.allocate(core::alloc::Layout::new::<u64>());
            });
        }
        "a closure that looks at its own heap over bytes" => {
            over_bytes(|heap| {
                let _ = heap.check();
            });
        }
        "a closure that allocates from its own heap" => waits(&MADE),
        "a closure that allocates from its own heap behind a spin lock" => waits(&SPUN),
        "a chunk of another heap of its configuration" => mix_up(40_000, |_| ()),
        "kept chunks of another heap of its configuration" => mix_up(4000, |_| ()),
        "objects of another heap of its configuration" => mix_up(40, |_| ()),
        "a chunk of another heap of its configuration that grows" => {
            mix_up(40_000, |vector| {
                let _ = vector.try_reserve_exact(50_000);
            });
        }
        "a heap that is not current and clears what it frees" => clears_no_mapping_that_is_none(),
        "a heap that is another one at each answer and clears what it frees" => {
            clears_nothing_beside();
        }
        "a cache of no bytes on a heap that checks all" => neighbors_stay_intact(),
        _ => panic!("it is no known case"),
    }
    println!("nothing happened");
}

fn reserve<C: Config>(heap: &BrkHeap<C>) {
    let _ = VecIn::<u8, _>::new_in(heap).try_reserve(1);
}

fn over_bytes(visit: impl Fn(&Heap<'_, MADE>)) {
    let mut bytes = [MaybeUninit::uninit(); 4096];
    let heap = Heap::<MADE>::over(&mut bytes);
    heap.for_each_chunk(|_| visit(&heap));
}

/// Says that it waits, if the walk does not come to its end.
fn waits<C: Config>(heap: &'static BrkHeap<C>) {
    reserve(heap);
    let walk = thread::spawn(move || heap.for_each_chunk(|_| reserve(heap)));
    thread::sleep(Duration::from_millis(300));
    if !walk.is_finished() {
        println!("it waits");
        exit(0);
    }
}
