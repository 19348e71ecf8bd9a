//! With `stats = "counters"`, a heap counts how often its lock is taken, and for how long it is held.

use brkalloc::{BrkHeap, Config, Heap, Operations, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::time::Duration;
use std::sync::{Barrier, Mutex};
use std::time::Instant;

#[brk_heap(source = "mmap", policy = "first_fit", stats = "counters")]
static PLAIN: BrkHeap;

#[brk_heap(source = "mmap", policy = "segregated_fit", cache = "1MiB", stats = "counters")]
static CACHED: BrkHeap;

#[brk_heap(
    source = "mmap",
    policy = "best_fit",
    harden = "full",
    quarantine = "64KiB",
    stats = "counters"
)]
static QUARANTINED: BrkHeap;

#[brk_heap(source = "mmap", policy = "segregated_fit", cache = "256KiB", stats = "counters")]
static CROWDED: BrkHeap;

#[brk_heap(
    source = "mmap",
    policy = "segregated_fit",
    cache = "1MiB",
    cache_total = "1100KiB",
    stats = "counters"
)]
static SHARED: BrkHeap;

#[brk_heap(source = "mmap", policy = "segregated_fit", cache = "1MiB", stats = "counters")]
static HANDED: BrkHeap;

#[brk_heap(source = "mmap", policy = "worst_fit")]
static UNCOUNTED: BrkHeap;

#[brk_heap(source = "mmap", stats = "counters")]
static GROWN: BrkHeap;

const PAIRS: u64 = 1000;

fn operations<C: Config>(heap: &BrkHeap<C>) -> Operations {
    heap.stats().operations.expect("the heap counts")
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 8).expect("small sizes are sound")
}

fn allocate<C: Config>(heap: &BrkHeap<C>, layout: Layout) -> NonNull<u8> {
    // SAFETY: the layouts of these tests have a size.
    NonNull::new(unsafe { heap.alloc(layout) }).expect("there is memory")
}

fn free<C: Config>(heap: &BrkHeap<C>, block: NonNull<u8>, layout: Layout) {
    // SAFETY: these tests free what they allocated, once.
    unsafe { heap.dealloc(block.as_ptr(), layout) };
}

/// Allocates and frees `PAIRS` blocks, one after the other.
fn pairs<C: Config>(heap: &BrkHeap<C>, layout: Layout) {
    for _ in 0..PAIRS {
        let block = allocate(heap, layout);
        free(heap, block, layout);
    }
}

/// What `work` adds to acquisitions and time. The heap is open before, and the walk that looks first is among
/// neither.
fn added<C: Config>(heap: &BrkHeap<C>, work: impl FnOnce()) -> (u64, Duration) {
    let (block, small) = (allocate(heap, layout(40)), layout(40));
    free(heap, block, small);
    let walk = operations(heap).acquisitions;
    let before = operations(heap);
    let walk = before.acquisitions - walk;
    work();
    let after = operations(heap);
    let held = after
        .held
        .zip(before.held)
        .map_or(Duration::ZERO, |(after, before)| after.saturating_sub(before));
    (after.acquisitions - before.acquisitions - walk, held)
}

#[test]
fn each_request_takes_the_lock_of_a_plain_heap_once() {
    let begin = Instant::now();
    let (acquisitions, held) = added(&PLAIN, || pairs(&PLAIN, layout(100)));
    assert_eq!(acquisitions, 2 * PAIRS);
    let spent = begin.elapsed();
    if cfg!(unix) {
        assert!(Duration::ZERO < held && held < spent, "{held:?} of {spent:?}");
    }
    // In place, elsewhere (with the free of what was moved), zeroed, and the size of a block.
    let (acquisitions, _) = added(&PLAIN, || {
        let block = allocate(&PLAIN, layout(100));
        let fence = allocate(&PLAIN, layout(100));
        // SAFETY: the block is of this layout.
        let moved = unsafe { PLAIN.realloc(block.as_ptr(), layout(100), 1000) };
        let moved = NonNull::new(moved).expect("there is memory");
        // SAFETY: the block is of this layout.
        let same = unsafe { PLAIN.realloc(moved.as_ptr(), layout(1000), 900) };
        assert_eq!(same, moved.as_ptr());
        // SAFETY: the block is in use.
        assert!(900 <= unsafe { PLAIN.usable_size(moved) });
        // SAFETY: the layout has a size.
        let zeroed = NonNull::new(unsafe { PLAIN.alloc_zeroed(layout(50)) });
        free(&PLAIN, zeroed.expect("there is memory"), layout(50));
        free(&PLAIN, moved, layout(900));
        free(&PLAIN, fence, layout(100));
    });
    assert_eq!(acquisitions, 10);
}

#[test]
fn a_cached_heap_takes_its_lock_far_less_often() {
    // Objects of a slab, medium chunks, and what no cache keeps.
    let (small, _) = added(&CACHED, || pairs(&CACHED, layout(100)));
    let (medium, _) = added(&CACHED, || pairs(&CACHED, layout(10_000)));
    let (large, held) = added(&CACHED, || pairs(&CACHED, layout(100_000)));
    assert!((1..20).contains(&small), "{small}");
    assert!((1..20).contains(&medium), "{medium}");
    // The sweeps of the thread's cache are beyond those of the requests.
    assert!((2 * PAIRS..2 * PAIRS + PAIRS / 10).contains(&large), "{large}");
    assert!(cfg!(not(unix)) || Duration::ZERO < held);
    let (trimmed, _) = added(&CACHED, || {
        CACHED.trim();
    });
    assert!(1 <= trimmed, "a trim takes the lock, too");
}

/// Replaces random blocks of all small sizes, so many times, and frees them. Returns how often that takes the
/// lock.
fn replace<C: Config>(heap: &BrkHeap<C>, times: u32) -> u64 {
    let mut random = 1_u64;
    let mut draw = |below: usize| {
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        usize::try_from(random >> 33).expect("31 bits are left") % below
    };
    let mut slots = vec![None; 1000];
    let (acquisitions, _) = added(heap, || {
        for _ in 0..times {
            let new = layout(16 * (1 + draw(64)));
            if let Some((block, old)) = slots[draw(1000)].replace((allocate(heap, new), new)) {
                free(heap, block, old);
            }
        }
    });
    for (block, layout) in slots.into_iter().flatten() {
        free(heap, block, layout);
    }
    acquisitions
}

#[test]
fn a_thread_that_may_hold_no_more_does_not_ask_at_every_turn() {
    let acquisitions = replace(&CROWDED, 100_000);
    // It is 13,607 with a question at every turn.
    assert!((1000..6000).contains(&acquisitions), "{acquisitions}");
    assert_eq!(CROWDED.check(), Ok(()));
}

#[test]
fn a_thread_that_was_refused_asks_again_when_others_have_ended() {
    let fill_and_drain = || {
        let before = operations(&SHARED).handovers;
        for _ in 0..50 {
            let blocks = [(); 200].map(|()| allocate(&SHARED, layout(1024)));
            for block in blocks {
                free(&SHARED, block, layout(1024));
            }
        }
        operations(&SHARED).handovers - before
    };
    let (full, refused) = (Barrier::new(2), Barrier::new(2));
    let beside = std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            replace(&SHARED, 20_000);
            full.wait();
            refused.wait();
        });
        full.wait();
        let beside = fill_and_drain();
        refused.wait();
        // Its destructors have run, too.
        other.join().expect("it does not panic");
        beside
    });
    fill_and_drain();
    let after = fill_and_drain();
    // It is 2,975 for a thread that stays with the last refusal.
    assert!(2500 < beside && after < 1000, "{beside}, {after}");
}

#[test]
fn a_list_goes_from_thread_to_thread_without_the_heaps_lock() {
    const ROUNDS: u64 = 40;
    const BLOCKS: u64 = 1000;
    // What crosses from one thread to the other, by address.
    let crossing = Mutex::new(Vec::new());
    let turn = Barrier::new(2);
    let handed = || {
        let Operations { acquisitions, handovers, busiest_handovers, .. } = operations(&HANDED);
        [acquisitions, handovers, busiest_handovers]
    };
    let figures = std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..2 * ROUNDS {
                turn.wait();
                for block in crossing.lock().expect("nobody panics").drain(..) {
                    free(&HANDED, NonNull::new(block as *mut u8).expect("a block"), layout(64));
                }
                turn.wait();
            }
        });
        let rounds = || {
            for _ in 0..ROUNDS {
                let blocks = (0..BLOCKS).map(|_| allocate(&HANDED, layout(64)).as_ptr() as usize);
                crossing.lock().expect("nobody panics").extend(blocks);
                turn.wait();
                turn.wait();
            }
        };
        rounds();
        let before = handed();
        rounds();
        let after = handed();
        core::array::from_fn::<_, 3, _>(|figure| after[figure] - before[figure])
    });
    let [acquisitions, handovers, busiest] = figures;
    // A batch of this class has 128 objects; the walks that look are among the acquisitions.
    let batches = 2 * ROUNDS * BLOCKS / 128;
    assert!((batches..batches + 20).contains(&busiest), "{busiest}, not {batches}");
    // A sweep looks at all of the shelves.
    assert!((busiest..busiest + 200).contains(&handovers), "{handovers}, not {busiest}");
    assert!(acquisitions < 10, "{acquisitions}");
    assert_eq!(HANDED.check(), Ok(()));
}

#[test]
fn threads_together_hold_the_lock_no_longer_than_they_exist() {
    const THREADS: u64 = 4;
    let begin = Instant::now();
    let (acquisitions, held) = added(&QUARANTINED, || {
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| pairs(&QUARANTINED, layout(200)));
            }
        });
    });
    // A request, the size of its block, the quarantine, and who leaves it are turns of their own.
    assert!((2 * PAIRS * THREADS..=10 * PAIRS * THREADS).contains(&acquisitions), "{acquisitions}");
    assert!(held < begin.elapsed(), "one thread at a time holds it");
}

#[test]
fn heaps_without_a_lock_or_without_counters_count_none() {
    let mut bytes = [MaybeUninit::<u8>::uninit(); 4096];
    let heap = Heap::<PLAIN>::over(&mut bytes);
    let block = heap.allocate(layout(100)).expect("there is room");
    // SAFETY: the heap handed it out.
    unsafe { heap.deallocate(block) };
    let operations = heap.stats().operations.expect("the heap counts");
    assert_eq!((operations.allocations, operations.acquisitions), (1, 0));
    assert_eq!(operations.held, cfg!(unix).then_some(Duration::ZERO));
    pairs(&UNCOUNTED, layout(100));
    assert_eq!(UNCOUNTED.stats().operations, None);
}

#[test]
fn a_block_grows_into_a_chunk_that_the_thread_keeps_without_the_lock() {
    let (small, large) = (layout(2000), layout(4000));
    let grow = || {
        for _ in 0..PAIRS {
            let block = allocate(&GROWN, small);
            // SAFETY: the block has that layout, and the new size is one.
            let grown = unsafe { GROWN.realloc(block.as_ptr(), small, large.size()) };
            free(&GROWN, NonNull::new(grown).expect("there is memory"), large);
        }
    };
    // The thread has a chunk of either class from now on, and nothing lies above the smaller.
    let blocks = [small, large].map(|layout| (allocate(&GROWN, layout), layout));
    for (block, layout) in blocks {
        free(&GROWN, block, layout);
    }
    let (acquisitions, _) = added(&GROWN, grow);
    assert!(acquisitions < 20, "{acquisitions} of {PAIRS} times");
    assert_eq!(GROWN.check(), Ok(()));
}
