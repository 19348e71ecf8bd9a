//! Heaps with a cache: small objects and medium chunks that threads keep, and give back.
//!
//! Every block's bytes are looked at before it is freed, and `check` holds slabs, shelves and this thread's own cache
//! against each other. After everything has been given back, the heap is one free chunk again: nothing is lost in between.
#![cfg(target_os = "linux")]

use allocator_api2::vec::Vec as VecIn;
use brkalloc::__private::Config;
use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::is_short;
use brkalloc_harness::pattern::Block;
use brkalloc_harness::random::Random;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use std::sync::Barrier;
use std::sync::mpsc::channel;
use std::thread;

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("the tests' layouts are sound")
}

fn allocate<C: Config>(heap: &BrkHeap<C>, layout: Layout, seed: u8) -> Option<Block> {
    // SAFETY: the layout has a size.
    let place = NonNull::new(unsafe { heap.alloc(layout) })?;
    // SAFETY: the heap handed the bytes out just now.
    Some(unsafe { Block::fill(place, layout, seed) })
}

fn free<C: Config>(heap: &BrkHeap<C>, mut block: Block) {
    block.verify();
    // SAFETY: the heap handed the block out for that layout, and this is the one who has it.
    unsafe { heap.dealloc(block.place.as_ptr(), block.layout) };
}

fn reallocate<C: Config>(heap: &BrkHeap<C>, mut block: Block, size: usize) -> Block {
    block.verify();
    // SAFETY: the heap handed the block out for that layout, and it is in use.
    let place = unsafe { heap.realloc(block.place.as_ptr(), block.layout, size) };
    let place = NonNull::new(place).expect("there is memory");
    // SAFETY: the heap handed the bytes out just now.
    unsafe { block.moved(place, size) }
}

/// Random requests of all sizes and alignments, checked now and then.
fn churn<C: Config>(heap: &'static BrkHeap<C>, seed: u64, steps: usize) {
    let mut random = Random(seed);
    let mut slots: Vec<Option<Block>> = (0..300).map(|_| None).collect();
    for step in 0..steps {
        let slot = random.below(slots.len());
        let most = [64, 1024, 1 << 15, 1 << 17][random.below(4)];
        let size = random.size(most);
        let mark = random.number().to_le_bytes()[0];
        slots[slot] = match slots[slot].take() {
            None => {
                let wanted = layout(size, 1 << random.below(if step % 8 == 0 { 14 } else { 5 }));
                allocate(heap, wanted, mark)
            }
            Some(block) if random.below(3) == 0 => Some(reallocate(heap, block, size)),
            Some(block) => {
                free(heap, block);
                None
            }
        };
        if step % 500 == 0 {
            assert_eq!(heap.check(), Ok(()), "at step {step}");
        }
    }
    for block in slots.into_iter().flatten() {
        free(heap, block);
    }
    assert_eq!(heap.check(), Ok(()));
}

/// Everything joins: once all caches are empty, the heap is one free chunk.
fn joins<C: Config>(heap: &'static BrkHeap<C>) {
    heap.trim();
    assert_eq!(heap.check(), Ok(()));
    let stats = heap.stats();
    assert_eq!((stats.in_use, stats.cached.unwrap_or(0)), (0, 0), "{stats:?}");
    if heap.config().coalesce == "immediate" {
        assert_eq!(stats.free_chunks, 1, "{stats:?}");
    }
}

macro_rules! churned {
    ($($sentence:ident: $options:tt,)+) => {$(
        #[test]
        fn $sentence() {
            #[brk_heap $options]
            static HEAP: BrkHeap;
            let steps = if is_short() { 3_000 } else { 30_000 };
            churn(&HEAP, 1, steps);
            joins(&HEAP);
            let threads: Vec<_> =
                (2..6).map(|seed| thread::spawn(move || churn(&HEAP, seed, steps / 2))).collect();
            for thread in threads {
                thread.join().expect("no byte is wrong");
            }
            joins(&HEAP);
        }
    )+};
}

churned! {
    a_cache_before_first_fit_loses_nothing: (source = "mmap", cache = "1MiB"),
    a_cache_before_bins_loses_nothing: (source = "mmap", cache = "1MiB", policy = "segregated_fit"),
    a_cache_before_a_list_that_merges_late_loses_nothing:
        (source = "mmap", cache = "256KiB", order = "fifo", coalesce = "deferred", trim = "never"),
    the_least_cache_loses_nothing: (source = "mmap", cache = "16KiB", lock = "spin", harden = "none"),
    a_hardened_cache_loses_nothing: (source = "mmap", cache = "256KiB", harden = "full"),
    a_hardened_cache_that_clears_and_waits_loses_nothing:
        (source = "mmap", cache = "64KiB", harden = "full", zero = "free", quarantine = "32KiB",
            policy = "segregated_fit", large = "32KiB"),
    hardened_chunks_that_wait_and_merge_late_lose_nothing:
        (source = "mmap", harden = "full", quarantine = "256KiB", coalesce = "deferred", trim = "never"),
    hardened_chunks_beside_mappings_lose_nothing:
        (source = "mmap", harden = "full", large = "16KiB", policy = "best_fit", trim = "64KiB"),
    a_cache_larger_than_all_that_is_used_loses_nothing: (source = "mmap", cache = "1GiB", policy = "best_fit"),
}

#[test]
fn a_small_object_takes_its_size_rounded_up_to_sixteen_bytes() {
    #[brk_heap(source = "mmap", cache = "64KiB")]
    static HEAP: BrkHeap;
    for size in 1..=1024 {
        let block = allocate(&HEAP, layout(size, 8), 1).expect("there is memory");
        // SAFETY: the heap handed the block out, and it is in use.
        let usable = unsafe { HEAP.usable_size(block.place) };
        assert_eq!(usable, size.next_multiple_of(16));
        free(&HEAP, block);
    }
    let nodes: Vec<_> = (0..10_000).filter_map(|_| allocate(&HEAP, layout(16, 8), 2)).collect();
    let mut places: Vec<_> = nodes.iter().map(|node| node.place.addr().get()).collect();
    places.sort_unstable();
    let apart: Vec<_> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(apart.iter().all(|distance| 16 <= *distance), "no two overlap");
    let neighbors = apart.iter().filter(|distance| **distance == 16).count();
    assert!(9_900 < neighbors, "only {neighbors} of 10,000 objects touch the one before");
    for node in nodes {
        free(&HEAP, node);
    }
    joins(&HEAP);
}

#[test]
fn usable_size_holds_for_every_kind_of_block() {
    #[brk_heap(source = "mmap", cache = "64KiB")]
    static HEAP: BrkHeap;
    for size in [1, 16, 17, 1000, 1024, 1025, 5000, 32 << 10, (32 << 10) + 1, 1 << 20] {
        for align in [1, 16, 64, 4096] {
            let block = allocate(&HEAP, layout(size, align), 1).expect("there is memory");
            // SAFETY: the heap handed the block out, and it is in use.
            let usable = unsafe { HEAP.usable_size(block.place) };
            assert!(size <= usable && usable < size + size / 8 + 4096, "{size}: {usable}");
            free(&HEAP, block);
        }
    }
    joins(&HEAP);
}

#[test]
fn memory_of_one_size_serves_another_once_it_is_free() {
    #[brk_heap(source = "mmap", cache = "256KiB", limit = "4MiB", trim = "never")]
    static HEAP: BrkHeap;
    let mut random = Random(3);
    for size in [16, 48, 1024, 200, 4000, 32, 30_000, 640, 100_000] {
        let mut blocks = Vec::new();
        while let Some(block) = allocate(&HEAP, layout(size, 16), 1) {
            blocks.push(block);
        }
        let taken: usize = blocks.iter().map(|block| block.layout.size()).sum();
        assert!((4 << 20) * 85 / 100 < taken, "{taken} bytes of 4 MiB in blocks of {size}");
        assert_eq!(HEAP.check(), Ok(()), "full of blocks of {size}");
        while !blocks.is_empty() {
            free(&HEAP, blocks.swap_remove(random.below(blocks.len())));
        }
    }
    joins(&HEAP);
}

#[test]
fn a_thread_that_flushes_its_caches_for_a_slab_holds_no_more_than_it_may() {
    #[brk_heap(source = "mmap", cache = "64KiB", limit = "1MiB")]
    static HEAP: BrkHeap;
    let fill = |size| {
        let mut blocks = Vec::new();
        while let Some(block) = allocate(&HEAP, layout(size, 16), 1) {
            blocks.push(block);
            assert_eq!(HEAP.check(), Ok(()), "{} blocks of {size}", blocks.len());
        }
        blocks
    };
    let mut random = Random(5);
    for size in [300, 512, 640, 1024] {
        let mut blocks = fill(size);
        assert!((1 << 20) * 85 / 100 < blocks.len() * size, "{} of {size}", blocks.len());
        while !blocks.is_empty() {
            free(&HEAP, blocks.swap_remove(random.below(blocks.len())));
        }
    }
    joins(&HEAP);
}

#[test]
fn objects_that_other_threads_free_are_not_lost() {
    #[brk_heap(source = "mmap", cache = "128KiB")]
    static HEAP: BrkHeap;
    let (sender, receiver) = channel();
    let maker = thread::spawn(move || {
        let mut random = Random(4);
        for mark in (0..=250).cycle().take(if is_short() { 20_000 } else { 200_000 }) {
            let size = random.size(3000);
            let block = allocate(&HEAP, layout(size, 8), mark);
            sender.send(block.expect("there is memory")).expect("all are taken");
        }
    });
    for block in receiver {
        free(&HEAP, block);
    }
    maker.join().expect("the maker ends well");
    assert!(HEAP.stats().committed < 64 << 20, "{:?}", HEAP.stats());
    joins(&HEAP);
}

#[test]
fn a_thread_gives_everything_back_when_it_ends() {
    #[brk_heap(source = "mmap", cache = "1MiB")]
    static HEAP: BrkHeap;
    let outliving = thread::spawn(|| {
        let blocks: Vec<_> =
            (1..3000).filter_map(|size| allocate(&HEAP, layout(size, 8), 7)).collect();
        let mut kept = Vec::new();
        for (number, block) in blocks.into_iter().enumerate() {
            if number % 50 == 0 { kept.push(block) } else { free(&HEAP, block) }
        }
        assert!(HEAP.stats().cached.is_some());
        kept
    });
    let kept = outliving.join().expect("the thread ends well");
    assert_eq!(HEAP.check(), Ok(()));
    for block in kept {
        free(&HEAP, block);
    }
    joins(&HEAP);
}

#[test]
fn destructors_of_threads_allocate_after_the_cache_has_ended() {
    #[brk_heap(source = "mmap", cache = "64KiB")]
    static HEAP: BrkHeap;

    struct Late(Option<Block>);
    impl Drop for Late {
        fn drop(&mut self) {
            if let Some(block) = self.0.take() {
                free(&HEAP, block);
            }
            for size in [16, 500, 5000, 50_000] {
                let blocks: Vec<_> =
                    (0..40).filter_map(|_| allocate(&HEAP, layout(size, 8), 1)).collect();
                assert_eq!(blocks.len(), 40);
                for block in blocks {
                    free(&HEAP, block);
                }
            }
        }
    }
    // Initialized before the cache is first used, and so dropped after it; and the other way round.
    thread_local! {
        static BEFORE: core::cell::RefCell<Late> = const { core::cell::RefCell::new(Late(None)) };
        static AFTER: core::cell::RefCell<Late> = const { core::cell::RefCell::new(Late(None)) };
    }
    let set = |late: &core::cell::RefCell<Late>| {
        late.borrow_mut().0 = allocate(&HEAP, layout(100, 8), 5);
    };
    for _ in 0..20 {
        let thread = thread::spawn(move || {
            BEFORE.with(|late| drop(late.borrow_mut()));
            free(&HEAP, allocate(&HEAP, layout(64, 8), 3).expect("there is memory"));
            AFTER.with(|late| drop(late.borrow_mut()));
            BEFORE.with(set);
            AFTER.with(set);
        });
        thread.join().expect("the thread ends well");
    }
    joins(&HEAP);
}

#[test]
fn a_copy_of_the_heap_is_the_heap_as_far_as_it_serves() {
    #[brk_heap(source = "mmap", cache = "64KiB")]
    static HEAP: BrkHeap;
    let copy = BrkHeap::<HEAP>::__new();
    for size in [24, 4000, 100_000] {
        let block = allocate(&HEAP, layout(size, 8), 1).expect("there is memory");
        free(&copy, block);
        if let Some(block) = allocate(&copy, layout(size, 8), 2) {
            free(&HEAP, block);
        }
        assert_eq!(HEAP.check(), Ok(()));
    }
    joins(&HEAP);
}

#[test]
fn collections_live_on_a_heap_with_a_cache() {
    #[brk_heap(source = "mmap", cache = "64KiB")]
    static HEAP: BrkHeap;
    let mut numbers = VecIn::new_in(&HEAP);
    for number in 0..100_000_u32 {
        numbers.push(number);
    }
    assert!(numbers.iter().copied().eq(0..100_000));
    numbers.truncate(3);
    numbers.shrink_to_fit();
    assert_eq!(numbers[..], [0, 1, 2]);
    drop(numbers);
    joins(&HEAP);
}

#[test]
fn chunks_that_lie_idle_in_a_cache_go_back_while_the_thread_runs() {
    #[brk_heap(source = "mmap", cache = "1MiB")]
    static HEAP: BrkHeap;
    let in_use = || HEAP.stats().in_use;
    let chunks: Vec<_> = (0..15).filter_map(|_| allocate(&HEAP, layout(30_000, 8), 1)).collect();
    for chunk in chunks {
        free(&HEAP, chunk);
    }
    assert!(15 * 30_000 < in_use(), "the thread keeps them");
    // Two sweeps later; each of these is a turn at the heap.
    for _ in 0..600 {
        free(&HEAP, allocate(&HEAP, layout(100_000, 8), 1).expect("there is memory"));
    }
    assert!(in_use() < 30_000, "{} bytes are still in use", in_use());
    joins(&HEAP);
}

#[test]
fn lists_that_nobody_asks_for_go_back_while_threads_run() {
    #[brk_heap(source = "mmap", cache = "1MiB")]
    static HEAP: BrkHeap;
    let in_use = || HEAP.stats().in_use;
    let all_at_once = |count, size| {
        let blocks: Vec<_> =
            (0..count).filter_map(|_| allocate(&HEAP, layout(size, 8), 1)).collect();
        assert_eq!(blocks.len(), count);
        for block in blocks {
            free(&HEAP, block);
        }
        assert_eq!(HEAP.check(), Ok(()));
    };
    all_at_once(4000, 512);
    assert!((600 << 10..1200 << 10).contains(&in_use()), "a mebibyte is kept, of {}", in_use());
    for _ in 0..600 {
        all_at_once(600, 64);
    }
    assert!(in_use() < 100 << 10, "{} bytes are still in use", in_use());
    joins(&HEAP);
}

#[test]
fn the_more_threads_keep_the_more_may_shelves_have() {
    #[brk_heap(source = "mmap", cache = "1MiB")]
    static HEAP: BrkHeap;
    let fill_and_free = |count, size| {
        let blocks: Vec<_> =
            (0..count).filter_map(|_| allocate(&HEAP, layout(size, 8), 1)).collect();
        for block in blocks {
            free(&HEAP, block);
        }
    };
    let all_sizes = || {
        for size in (16..=1024).step_by(16) {
            fill_and_free(300, size);
        }
    };
    // What one thread frees of one size, beside so many that sleep with full caches, and then stays in use.
    let stays = |sleepers: usize| {
        let (asleep, wake) = (Barrier::new(2), Barrier::new(sleepers + 1));
        thread::scope(|scope| {
            let sleeping: Vec<_> = (0..sleepers)
                .map(|_| {
                    let thread = scope.spawn(|| {
                        all_sizes();
                        asleep.wait();
                        wake.wait();
                    });
                    asleep.wait();
                    thread
                })
                .collect();
            let before = HEAP.stats().in_use;
            fill_and_free(20_000, 512);
            let after = HEAP.stats().in_use;
            assert_eq!(HEAP.check(), Ok(()));
            wake.wait();
            // Their destructors have run, too.
            for thread in sleeping {
                thread.join().expect("it does not panic");
            }
            after.saturating_sub(before)
        })
    };
    let (few, many) = (stays(1), stays(8));
    // It is 577,536 for many, too, if shelves may have only as much as one thread.
    assert!(few < 200_000 && (900_000..4 << 20).contains(&many), "{few}, {many}");
    joins(&HEAP);
}

#[test]
fn all_threads_together_keep_no_more_than_the_total_and_stats_knows_at_once() {
    #[brk_heap(source = "mmap", cache = "64KiB", cache_total = "80KiB")]
    static HEAP: BrkHeap;
    let medium: Vec<_> =
        (0..6).map(|_| allocate(&HEAP, layout(4000, 8), 1).expect("there is memory")).collect();
    for block in medium {
        free(&HEAP, block);
    }
    let cached = || HEAP.stats().cached.expect("it has a cache");
    assert!((6 * 4000..=64 << 10).contains(&cached()), "{} bytes", cached());
    let sleepers: Vec<_> = (0..12)
        .map(|_| {
            let (to_wake, woken) = channel::<()>();
            let (to_sleep, asleep) = channel();
            let thread = thread::spawn(move || {
                for size in [16, 100, 1000, 3000] {
                    let blocks: Vec<_> =
                        (0..100).filter_map(|_| allocate(&HEAP, layout(size, 8), 2)).collect();
                    assert_eq!(blocks.len(), 100);
                    for block in blocks {
                        free(&HEAP, block);
                    }
                    assert_eq!(HEAP.check(), Ok(()));
                }
                to_sleep.send(()).expect("somebody waits");
                let _ = woken.recv();
            });
            asleep.recv().expect("it sleeps");
            (to_wake, thread)
        })
        .collect();
    assert!(cached() <= 80 << 10, "{} bytes", cached());
    for (to_wake, thread) in sleepers {
        drop(to_wake);
        thread.join().expect("it ends well");
    }
    joins(&HEAP);
}
