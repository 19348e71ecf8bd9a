//! Objects handed from thread to thread, each freed by another than the one that made it, behind every lock.
//!
//! Randomness is deterministic; only the interleaving is the system's. Every object says who made it, and every byte of it is looked at before it
//! is freed.

use allocator_api2::boxed::Box as BoxIn;
use allocator_api2::vec::Vec as VecIn;
use brkalloc::__private::Config;
use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::pattern::Block;
use brkalloc_harness::random::Random;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

const THREADS: usize = 4;

/// Objects that each thread makes.
const OBJECTS: usize = 20_000;

#[brk_heap(source = "mmap", lock = "os", policy = "first_fit")]
static OS: BrkHeap;

#[brk_heap(source = "mmap", lock = "spin", policy = "best_fit")]
static SPIN: BrkHeap;

#[brk_heap(source = "mmap", lock = ::spin::mutex::SpinMutex<()>, policy = "next_fit")]
static BY_PATH: BrkHeap;

#[brk_heap(source = "mmap", policy = "segregated_fit", coalesce = "deferred")]
static BINS: BrkHeap;

#[brk_heap(source = "mmap", policy = "worst_fit", index = "list", trim = "64KiB", grow = "4KiB")]
static TRIMMED: BrkHeap;

#[brk_heap(source = "static", arena = "64MiB", order = "lifo", stats = "counters")]
static ARRAY: BrkHeap;

#[brk_heap(
    source = "mmap",
    harden = "full",
    quarantine = "64KiB",
    cache = "64KiB",
    policy = "segregated_fit"
)]
static CACHED_AND_FULL: BrkHeap;

#[brk_heap(
    source = "mmap",
    harden = "full",
    zero = "free",
    large = "16KiB",
    lock = "spin",
    policy = "first_fit"
)]
static MAPPED_AND_FULL: BrkHeap;

/// Every thread makes blocks and sends each to some thread, which looks at it and frees it, or resizes it and sends it on.
fn hand_blocks_round<C: Config>(heap: &'static BrkHeap<C>) {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| channel()).unzip();
    let threads: Vec<_> = (0..)
        .zip(receivers)
        .map(|(seed, inbox)| {
            let outboxes = senders.clone();
            thread::spawn(move || pass_on(heap, seed, inbox, outboxes))
        })
        .collect();
    drop(senders);
    for _ in 0..20 {
        assert_eq!(heap.check(), Ok(()), "amid the work");
        thread::yield_now();
    }
    for thread in threads {
        thread.join().expect("no byte is wrong");
    }
    // What threads keep, and what waits, counts as in use.
    heap.trim();
    assert_eq!(heap.check(), Ok(()));
    assert_eq!(heap.stats().in_use, 0, "every block came to its end");
}

fn pass_on<C: Config>(
    heap: &'static BrkHeap<C>,
    seed: u64,
    inbox: Receiver<Block>,
    outboxes: Vec<Sender<Block>>,
) {
    let mut random = Random(seed);
    for _ in 0..OBJECTS {
        let align = 1 << random.below(9);
        let layout = Layout::from_size_align(random.size(2000), align).expect("both are small");
        // SAFETY: the layout has a size.
        let place = NonNull::new(unsafe { heap.alloc(layout) }).expect("there is memory");
        let mark = random.number().to_le_bytes()[0];
        // SAFETY: the heap handed the bytes out just now.
        let block = unsafe { Block::fill(place, layout, mark) };
        outboxes[random.below(THREADS)].send(block).expect("threads take until none sends");
        for block in inbox.try_iter().take(2) {
            if random.below(4) == 0 {
                let block = resize(heap, block, random.size(2000));
                let outbox = &outboxes[random.below(THREADS)];
                outbox.send(block).expect("threads take until none sends");
            } else {
                end(heap, block);
            }
        }
    }
    drop(outboxes);
    for block in inbox {
        end(heap, block);
    }
}

fn resize<C: Config>(heap: &BrkHeap<C>, mut block: Block, size: usize) -> Block {
    block.verify();
    // SAFETY: the heap handed the block out, and it is in use.
    let place = unsafe { heap.realloc(block.place.as_ptr(), block.layout, size) };
    let place = NonNull::new(place).expect("there is memory");
    // SAFETY: the heap handed the bytes out just now.
    unsafe { block.moved(place, size) }
}

fn end<C: Config>(heap: &BrkHeap<C>, mut block: Block) {
    block.verify();
    // SAFETY: the heap handed the block out, and this is the one who has it.
    unsafe { heap.dealloc(block.place.as_ptr(), block.layout) };
}

/// Vectors and boxes that live on `heap` go through three threads: made by the first, grown by the second, dropped by the third.
fn hand_vectors_down<C: Config>(heap: &'static BrkHeap<C>) {
    type Parcel<C> = BoxIn<VecIn<u64, &'static BrkHeap<C>>, &'static BrkHeap<C>>;
    let (to_second, second) = channel::<Parcel<C>>();
    let (to_third, third) = channel::<Parcel<C>>();
    let first = thread::spawn(move || {
        for number in 0..3000 {
            let mut numbers = VecIn::with_capacity_in(number % 40, heap);
            numbers.extend((0..number as u64 % 40).chain([number as u64]));
            to_second.send(BoxIn::new_in(numbers, heap)).expect("the second thread takes all");
        }
    });
    let second = thread::spawn(move || {
        for mut numbers in second {
            let (length, last) = (numbers.len(), *numbers.last().expect("it has at least one"));
            numbers.resize(length + 100, last);
            numbers.shrink_to_fit();
            to_third.send(numbers).expect("the third thread takes all");
        }
    });
    for (number, numbers) in (0..).zip(third) {
        assert!(numbers.iter().take(number % 40).copied().eq(0..number as u64 % 40));
        assert!(numbers[number % 40..].iter().all(|last| *last == number as u64));
        assert_eq!(numbers.len(), number % 40 + 101);
    }
    first.join().expect("the first thread ends well");
    second.join().expect("the second thread ends well");
    // What threads keep, and what waits, counts as in use.
    heap.trim();
    assert_eq!(heap.check(), Ok(()));
    assert_eq!(heap.stats().in_use, 0, "everything was dropped");
}

macro_rules! behind {
    ($($heap:ident: $blocks:ident,)+) => {$(
        #[test]
        fn $blocks() {
            hand_blocks_round(&$heap);
            hand_vectors_down(&$heap);
        }
    )+};
}

behind! {
    OS: objects_change_threads_behind_the_os_lock,
    SPIN: objects_change_threads_behind_a_spin_lock,
    BY_PATH: objects_change_threads_behind_a_mutex_named_by_path,
    BINS: objects_change_threads_on_bins_that_merge_late,
    TRIMMED: objects_change_threads_on_a_list_that_is_trimmed_often,
    ARRAY: objects_change_threads_in_an_array,
    CACHED_AND_FULL: objects_change_threads_on_caches_with_every_check,
    MAPPED_AND_FULL: objects_change_threads_beside_mappings_with_every_check,
}

#[test]
fn threads_that_meet_at_the_first_allocation_open_one_heap() {
    #[brk_heap(source = "mmap", policy = "first_fit")]
    static NEW: BrkHeap;
    let start = std::sync::Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                drop(VecIn::<u8, _>::with_capacity_in(100, &NEW));
            });
        }
    });
    assert_eq!(NEW.check(), Ok(()));
    let stats = NEW.stats();
    assert_eq!((stats.in_use, stats.committed), (0, NEW.config().arena));
}
