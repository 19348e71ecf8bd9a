//! Systems whose pages have 16 KiB, as Apple's do, and 64 KiB, as some Linux on aarch64 and POWER do.
//!
//! The tests' system is the real one, of which it asks for more than it needs, to cut it to such pages. Placement is as
//! with any other; windows grow, and go back, by these pages; slabs are of 4 KiB all the same.

use brkalloc::__private::{
    Basic, BestFit, Bins, Cached, Config, FirstFit, Full, Immediate, Libc, Lifo, List, Mapped,
    Mmap, NextFit, OsLock, System, Tree, Uncached, Uncounted, Unmapped, Unquarantined,
};
use brkalloc::BrkHeap;
use brkalloc_harness::configurations::{self, Configured, GROW};
use brkalloc_harness::pattern::Block;
use brkalloc_harness::random::Random;
use brkalloc_harness::{beside_model, is_short};
use brkalloc_oracle::cases::Case;
use brkalloc_oracle::{Coalesce, Order, Policy};
use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

const KIB: usize = 1 << 10;

/// The real system, with pages of so many bytes.
struct Pages<const PAGE: usize>;

impl<const PAGE: usize> Pages<PAGE> {
    /// Panics if these are not whole pages: the real system would not mind.
    fn are_whole(address: NonNull<u8>, size: usize) {
        assert_eq!(
            (address.addr().get() % PAGE, size % PAGE),
            (0, 0),
            "{size} bytes at {address:p}"
        );
        assert_ne!(size, 0);
    }
}

// SAFETY: what is given is real memory of the process, cut out of a larger reservation; the rest of that is nobody's.
unsafe impl<const PAGE: usize> System for Pages<PAGE> {
    fn page_size() -> usize {
        PAGE
    }

    fn single_threaded() -> bool {
        false
    }

    fn claim_break() -> bool {
        false
    }

    unsafe fn sbrk(_: isize) -> Option<NonNull<u8>> {
        None
    }

    fn reserve(size: usize) -> Option<NonNull<u8>> {
        let mapping = Libc::reserve(size.checked_add(PAGE)?)?;
        let first = mapping.addr().get().next_multiple_of(PAGE) - mapping.addr().get();
        // SAFETY: the mapping is longer by a page.
        let address = unsafe { mapping.byte_add(first) };
        Self::are_whole(address, size);
        Some(address)
    }

    fn reserve_at(address: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        Self::are_whole(address, size);
        Libc::reserve_at(address, size)
    }

    unsafe fn protect(address: NonNull<u8>, size: usize) -> bool {
        Self::are_whole(address, size);
        // SAFETY: the caller guarantees the pages.
        unsafe { Libc::protect(address, size) }
    }

    unsafe fn discard(address: NonNull<u8>, size: usize) -> bool {
        Self::are_whole(address, size);
        // SAFETY: the caller guarantees the pages.
        unsafe { Libc::discard(address, size) }
    }

    unsafe fn release(address: NonNull<u8>, size: usize) {
        Self::are_whole(address, size);
        // SAFETY: the caller guarantees the pages.
        unsafe { Libc::release(address, size) };
    }
}

macro_rules! heaps {
    ($($name:ident: $page:literal, $index:ty, $cache:ty, $large:ty, $harden:ident;)+) => {$(
        // Heap and configuration share a name, as those of the attribute do.
        enum $name {}
        static $name: BrkHeap<$name> = BrkHeap::__new();

        impl Config for $name {
            type Source = Mmap<Pages<{ $page * KIB }>>;
            type Index = $index;
            type Coalesce = Immediate;
            type Lock = OsLock;
            type Cache = $cache;
            type Large = $large;
            type Quarantine = Unquarantined;
            type Counters = Uncounted;
            const NAME: &'static str = stringify!($name);
            const ARENA: usize = 5 * KIB;
            const GROW: usize = 1;
            const LIMIT: usize = 64 * KIB * KIB;
            const TRIM: usize = 256 * KIB;
            type Harden = $harden;
            const LOCK: OsLock = OsLock::new();

            fn heap() -> &'static BrkHeap<Self> {
                &$name
            }
        }
    )+};
}

heaps! {
    TREE16: 16, Tree<FirstFit>, Uncached, Unmapped, Basic;
    TREE64: 64, Tree<BestFit>, Uncached, Mapped<{ 128 << 10 }>, Full;
    GROWS16: 16, List<NextFit, Lifo>, Uncached, Unmapped, Basic;
    GROWS64: 64, Tree<FirstFit>, Uncached, Unmapped, Basic;
    TRIMS16: 16, Tree<FirstFit>, Uncached, Unmapped, Basic;
    TRIMS64: 64, Bins<Lifo, 464>, Uncached, Unmapped, Basic;
    CACHE16: 16, Tree<FirstFit>, Cached<{ 64 << 10 }>, Mapped<{ 128 << 10 }>, Basic;
    CACHE64: 64, Bins<Lifo, 464>, Cached<{ 64 << 10 }>, Unmapped, Full;
    SLABS16: 16, Tree<FirstFit>, Cached<{ 64 << 10 }>, Unmapped, Basic;
    SLABS64: 64, Tree<FirstFit>, Cached<{ 64 << 10 }>, Unmapped, Basic;
}

brkalloc_harness::caches!(CACHE16 CACHE64 SLABS16 SLABS64);

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("the tests' layouts are sound")
}

fn allocate<C: Config>(heap: &BrkHeap<C>, layout: Layout) -> Block {
    // SAFETY: the layout has a size.
    let place = NonNull::new(unsafe { heap.alloc(layout) }).expect("there is memory");
    // SAFETY: the heap handed the bytes out just now.
    unsafe { Block::fill(place, layout, 7) }
}

fn reallocate<C: Config>(heap: &BrkHeap<C>, mut block: Block, size: usize) -> Block {
    block.verify();
    // SAFETY: the heap handed the block out for that layout, and it is in use.
    let place = unsafe { heap.realloc(block.place.as_ptr(), block.layout, size) };
    let place = NonNull::new(place).expect("there is memory");
    // SAFETY: the heap handed the bytes out just now.
    unsafe { block.moved(place, size) }
}

fn free<C: Config>(heap: &BrkHeap<C>, mut block: Block) {
    block.verify();
    // SAFETY: the heap handed the block out for that layout, and this is the one who has it.
    unsafe { heap.dealloc(block.place.as_ptr(), block.layout) };
}

/// Random requests of all sizes, checked now and then, and all of them given back.
fn churn<C: Config>(heap: &'static BrkHeap<C>) {
    let mut random = Random(5);
    let mut blocks = Vec::new();
    for step in 0..if is_short() { 1500 } else { 6000 } {
        let most = [64, 1024, 1 << 15, 1 << 18][random.below(4)];
        let align = 1 << random.below(if step % 8 == 0 { 17 } else { 5 });
        blocks.push(allocate(heap, layout(random.size(most), align)));
        if step % 3 == 0 {
            let block = blocks.swap_remove(random.below(blocks.len()));
            blocks.push(reallocate(heap, block, random.size(most)));
        }
        while random.below(60) < blocks.len() {
            free(heap, blocks.swap_remove(random.below(blocks.len())));
        }
        if step % 100 == 0 {
            assert_eq!(heap.check(), Ok(()), "at step {step}");
        }
    }
    for block in blocks {
        free(heap, block);
    }
    heap.trim();
    assert_eq!(heap.check(), Ok(()));
    let stats = heap.stats();
    assert_eq!((stats.in_use, stats.free_chunks, stats.mapped.unwrap_or(0)), (0, 1, 0));
}

#[test]
fn heaps_over_large_pages_lose_nothing() {
    churn(&TREE16);
    churn(&TREE64);
    churn(&CACHE16);
    churn(&CACHE64);
}

#[test]
fn a_window_grows_by_whole_pages() {
    fn grow<C: Config>(heap: &'static BrkHeap<C>, page: usize) {
        let first = allocate(heap, layout(100, 8));
        assert_eq!(heap.stats().committed, C::ARENA.next_multiple_of(16), "what was asked for");
        let mut blocks = vec![first];
        let mut last = heap.stats().committed;
        for step in 1..200 {
            blocks.push(allocate(heap, layout(step * 101, 8)));
            let committed = heap.stats().committed;
            // From what the attribute says, by pages.
            assert_eq!((committed - last) % page, 0, "from {last} to {committed}");
            last = committed;
            assert_eq!(heap.check(), Ok(()));
        }
        assert!(20 * page < last, "it grew often: {last}");
        for block in blocks {
            free(heap, block);
        }
    }
    grow(&GROWS16, 16 * KIB);
    grow(&GROWS64, 64 * KIB);
}

#[test]
fn whole_pages_go_back_and_read_as_zero() {
    fn trim<C: Config>(heap: &'static BrkHeap<C>, page: usize) {
        let size = 200 * KIB;
        let blocks: Vec<_> = (0..40).map(|_| allocate(heap, layout(size, 8))).collect();
        for (number, block) in blocks.into_iter().enumerate() {
            // Each tenth keeps the others from being one.
            if number % 10 != 0 {
                free(heap, block);
            }
        }
        let given = heap.trim();
        assert_eq!(given % page, 0, "{given} bytes");
        // Of each run of nine between two others at most a page at both ends stays.
        assert!(3 * (9 * size - 2 * page) <= given, "{given} bytes");
        assert_eq!(heap.check(), Ok(()));
        for _ in 0..30 {
            // SAFETY: the layout has a size.
            let block = unsafe { heap.alloc_zeroed(layout(size, 8)) };
            // SAFETY: the heap says that so many bytes are there, and zero.
            let bytes = unsafe { core::slice::from_raw_parts(block, size) };
            assert!(bytes.iter().all(|byte| *byte == 0));
        }
        assert_eq!(heap.check(), Ok(()));
    }
    trim(&TRIMS16, 16 * KIB);
    trim(&TRIMS64, 64 * KIB);
}

#[test]
fn slabs_are_of_four_kibibytes_whatever_a_page_is() {
    fn pack<C: Config>(heap: &'static BrkHeap<C>) {
        let objects: Vec<_> = (0..10_000).map(|_| allocate(heap, layout(32, 8))).collect();
        let mut places: Vec<_> = objects.iter().map(|object| object.place.addr().get()).collect();
        places.sort_unstable();
        assert!(places.windows(2).all(|pair| 32 <= pair[1] - pair[0]), "no two overlap");
        let apart = places.windows(2).filter(|pair| pair[1] - pair[0] == 32).count();
        assert!(9_800 < apart, "{apart} of 10,000 touch the one before");
        let (mut slabs, mut last) = (0, 0);
        for place in places {
            // A slab leaves the place of a tag, so none of its objects touches those of the next.
            slabs += usize::from(place / (4 * KIB) != last);
            last = place / (4 * KIB);
        }
        assert!((10_000 / 128..10_000 / 120).contains(&slabs), "{slabs} slabs");
        assert!(heap.stats().in_use < 10_000 * 32 * 9 / 8, "{:?}", heap.stats());
        for object in objects {
            free(heap, object);
        }
        heap.trim();
        assert_eq!((heap.check(), heap.stats().in_use), (Ok(()), 0));
    }
    pack(&SLABS16);
    pack(&SLABS64);
}

/// Heaps that merge at once: whether a window has grown by 4 KiB or by more is nothing to their placement.
#[test]
fn placement_is_as_the_model_has_it() {
    fn hold(configured: &dyn Configured) {
        let mut memory = vec![MaybeUninit::uninit(); Case::BASE_ALIGNMENT + Case::MOST_ARENA];
        let start = memory.as_ptr().align_offset(Case::BASE_ALIGNMENT);
        for seed in 0..if is_short() { 10 } else { 60 } {
            let mut case = Case::new(seed, 300);
            case.grow = case.grow.map(|_| GROW);
            beside_model::hold(&case, configured, &mut memory[start..]);
        }
    }
    type Of16 = Mmap<Pages<{ 16 * KIB }>>;
    type Of64 = Mmap<Pages<{ 64 * KIB }>>;
    let choice = |policy, order| (policy, order, Coalesce::Immediate);
    let by_address = |policy| choice(policy, Order::Address);
    hold(&*configurations::of::<Tree<FirstFit>, Immediate, Of16>(
        by_address(Policy::FirstFit),
        "tree",
    ));
    hold(&*configurations::of::<Tree<BestFit>, Immediate, Of64>(
        by_address(Policy::BestFit),
        "tree",
    ));
    hold(&*configurations::of::<List<NextFit, Lifo>, Immediate, Of64>(
        choice(Policy::NextFit, Order::Lifo),
        "list",
    ));
}
