//! What cannot be served is null, and nothing is lost: requests too large, alignments too large, arenas that are full.
//!
//! Every source, index and way to coalesce; after each refusal the heap checks itself and serves what it can. The
//! heaps are few and shared, so their tests run one after the other, behind one lock.

use allocator_api2::vec::Vec as VecIn;
use brkalloc::__private::Config;
use brkalloc::{BrkHeap, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use std::sync::{Mutex, MutexGuard};

#[brk_heap(policy = "first_fit")]
static BREAK: BrkHeap;

#[brk_heap(source = "mmap", policy = "best_fit", stats = "counters")]
static MAPPING: BrkHeap;

#[brk_heap(source = "mmap", policy = "segregated_fit", coalesce = "deferred")]
static BINS: BrkHeap;

#[brk_heap(source = "mmap", policy = "next_fit", index = "list", lock = "spin")]
static LIST: BrkHeap;

#[brk_heap(source = "mmap", policy = "worst_fit", coalesce = "never", harden = "none")]
static APART: BrkHeap;

#[brk_heap(source = "static", arena = "1MiB")]
static ARRAY: BrkHeap;

#[brk_heap(source = "mmap", arena = "1MiB", grow = "none", policy = "first_fit")]
static FIXED: BrkHeap;

#[brk_heap(source = "mmap", arena = "4KiB", grow = "4KiB", limit = "1MiB", policy = "first_fit")]
static LIMITED: BrkHeap;

/// What is done to each of the heaps.
trait Visitor {
    fn visit<C: Config>(&self, heap: &'static BrkHeap<C>);
}

/// Held by whoever uses the heaps.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn for_each_heap(visitor: &impl Visitor) {
    for_each_endless_heap(visitor);
    for_each_small_heap(visitor);
}

/// Those that reach 64 GiB, or the half of what an address does: of these there is room for one.
fn for_each_endless_heap(visitor: &impl Visitor) {
    visitor.visit(&MAPPING);
    if usize::BITS < 64 {
        return;
    }
    visitor.visit(&BREAK);
    visitor.visit(&BINS);
    visitor.visit(&LIST);
    visitor.visit(&APART);
}

/// Those that end at 1 MiB.
fn for_each_small_heap(visitor: &impl Visitor) {
    visitor.visit(&ARRAY);
    visitor.visit(&FIXED);
    visitor.visit(&LIMITED);
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("they make a layout")
}

fn allocate<C: Config>(heap: &BrkHeap<C>, layout: Layout) -> Option<NonNull<u8>> {
    // SAFETY: the layouts of these tests have a size.
    NonNull::new(unsafe { heap.alloc(layout) })
}

fn free<C: Config>(heap: &BrkHeap<C>, block: NonNull<u8>, layout: Layout) {
    // SAFETY: these tests free what they allocated, once.
    unsafe { heap.dealloc(block.as_ptr(), layout) };
}

fn is_sound<C: Config>(heap: &BrkHeap<C>) {
    assert_eq!(heap.check(), Ok(()), "{}", heap.config());
}

/// Too large for any window, each by itself.
#[cfg(target_pointer_width = "64")]
const TOO_LARGE: [(usize, usize); 10] = [
    (isize::MAX as usize, 1),
    (isize::MAX as usize - 15, 16),
    (isize::MAX as usize / 2, 8),
    (1 << 46, 8),
    (1 << 37, 8),
    ((1 << 36) + 1, 1),
    (1 << 36, 1 << 29),
    (8, 1 << 30),
    (8, 1 << 40),
    (1 << 20, 1 << 62),
];
#[cfg(not(target_pointer_width = "64"))]
const TOO_LARGE: [(usize, usize); 4] =
    [(isize::MAX as usize, 1), (isize::MAX as usize - 15, 16), (8, 1 << 30), (1 << 20, 1 << 30)];

#[test]
fn requests_beyond_every_window_are_null() {
    struct Beyond;
    impl Visitor for Beyond {
        fn visit<C: Config>(&self, heap: &'static BrkHeap<C>) {
            for (size, align) in TOO_LARGE {
                let layout = layout(size, align);
                assert_eq!(allocate(heap, layout), None, "{layout:?} {}", heap.config());
                is_sound(heap);
                // SAFETY: the layout has a size.
                assert!(unsafe { heap.alloc_zeroed(layout) }.is_null());
                is_sound(heap);
            }
        }
    }
    let _alone = alone();
    for_each_heap(&Beyond);
}

/// Beyond an arena of a megabyte.
const FAR: usize = if usize::BITS == 64 { 1 << 35 } else { 1 << 30 };

/// Sizes that no block can have.
#[cfg(target_pointer_width = "64")]
const BEYOND: &[usize] = &[isize::MAX as usize - 7, 1 << 46, 1 << 37, (1 << 36) + 1];
#[cfg(not(target_pointer_width = "64"))]
const BEYOND: &[usize] = &[isize::MAX as usize - 7, isize::MAX as usize - 4095];

/// Numbers of elements, of four bytes each, that no vector can have.
#[cfg(target_pointer_width = "64")]
const MANY: [usize; 4] = [1 << 35, 1 << 45, isize::MAX as usize / 4 - 1000, usize::MAX / 2];
#[cfg(not(target_pointer_width = "64"))]
const MANY: [usize; 2] = [isize::MAX as usize / 4 - 1000, usize::MAX / 2];

/// Allocates a block, asks for each of these sizes in vain, and finds it as it was.
fn enlarge_in_vain<C: Config>(heap: &BrkHeap<C>, sizes: &[usize]) {
    let small = layout(100, 8);
    let block = allocate(heap, small).expect("there is room");
    // Something stands above, so that the block would have to move.
    let above = allocate(heap, small).expect("there is room");
    // SAFETY: the block has that many bytes.
    unsafe { block.write_bytes(0x5A, 100) };
    let in_use = heap.stats().in_use;
    for size in sizes {
        // SAFETY: the heap handed the block out, and a null leaves it as it was.
        let moved = unsafe { heap.realloc(block.as_ptr(), small, *size) };
        assert!(moved.is_null(), "{size} {}", heap.config());
        // SAFETY: the block has that many bytes, which were written.
        let bytes = unsafe { core::slice::from_raw_parts(block.as_ptr(), 100) };
        assert_eq!(bytes, [0x5A; 100]);
        assert_eq!(heap.stats().in_use, in_use, "{size} {}", heap.config());
        is_sound(heap);
    }
    free(heap, above, small);
    free(heap, block, small);
    is_sound(heap);
}

#[test]
fn a_block_outlives_reallocations_beyond_every_window() {
    struct Enlarge;
    impl Visitor for Enlarge {
        fn visit<C: Config>(&self, heap: &'static BrkHeap<C>) {
            enlarge_in_vain(heap, BEYOND);
        }
    }
    let _alone = alone();
    for_each_heap(&Enlarge);
}

#[test]
fn a_block_outlives_reallocations_beyond_its_arena() {
    struct Enlarge;
    impl Visitor for Enlarge {
        fn visit<C: Config>(&self, heap: &'static BrkHeap<C>) {
            enlarge_in_vain(heap, &[1 << 20, (1 << 20) + 1, 10 << 20, FAR]);
        }
    }
    let _alone = alone();
    for_each_small_heap(&Enlarge);
}

#[test]
fn alignments_are_served_up_to_half_a_gigabyte() {
    struct Align;
    impl Visitor for Align {
        fn visit<C: Config>(&self, heap: &'static BrkHeap<C>) {
            for exponent in 0..30 {
                let layout = layout(100, 1 << exponent);
                let block = allocate(heap, layout);
                let block = block.unwrap_or_else(|| panic!("{layout:?} {}", heap.config()));
                assert_eq!(block.addr().get() % layout.align(), 0);
                // SAFETY: the block has that many bytes.
                unsafe { block.write_bytes(1, 100) };
                is_sound(heap);
                free(heap, block, layout);
                is_sound(heap);
            }
        }
    }
    let _alone = alone();
    for_each_endless_heap(&Align);
}

#[test]
fn small_arenas_serve_alignments_that_fit_them_and_no_others() {
    struct Align;
    impl Visitor for Align {
        fn visit<C: Config>(&self, heap: &'static BrkHeap<C>) {
            for exponent in 0..30 {
                let layout = layout(100, 1 << exponent);
                let block = allocate(heap, layout);
                is_sound(heap);
                // An arena of a megabyte has a multiple of half of it within, beyond its very first bytes.
                assert!(block.is_some() || 19 < exponent, "{layout:?} {}", heap.config());
                if let Some(block) = block {
                    assert_eq!(block.addr().get() % layout.align(), 0);
                    free(heap, block, layout);
                }
                is_sound(heap);
            }
        }
    }
    let _alone = alone();
    for_each_small_heap(&Align);
}

#[test]
fn an_exhausted_arena_is_null_until_something_is_freed() {
    struct Exhaust;
    impl Visitor for Exhaust {
        fn visit<C: Config>(&self, heap: &'static BrkHeap<C>) {
            let before = heap.stats().in_use;
            let layout = layout(1000, 8);
            let mut blocks = Vec::new();
            while let Some(block) = allocate(heap, layout) {
                blocks.push(block);
            }
            is_sound(heap);
            assert!(1000 < blocks.len(), "a megabyte holds them: {}", blocks.len());
            let stats = heap.stats();
            assert_eq!(stats.committed, 1 << 20);
            assert!(stats.largest_free < 1008 + 16, "what is left is too small");
            for _ in 0..3 {
                let block = blocks.swap_remove(blocks.len() / 2);
                free(heap, block, layout);
                is_sound(heap);
                blocks.push(allocate(heap, layout).expect("it was just freed"));
                assert_eq!(allocate(heap, layout), None);
                is_sound(heap);
            }
            for block in blocks {
                free(heap, block, layout);
            }
            is_sound(heap);
            assert_eq!(heap.stats().in_use, before);
        }
    }
    let _alone = alone();
    for_each_small_heap(&Exhaust);
}

#[test]
fn a_vector_that_asks_for_too_much_gets_an_error_and_keeps_its_elements() {
    struct Reserve;
    impl Visitor for Reserve {
        fn visit<C: Config>(&self, heap: &'static BrkHeap<C>) {
            let mut numbers = VecIn::new_in(heap);
            numbers.extend(0..1000_u32);
            for more in MANY {
                assert!(numbers.try_reserve(more).is_err(), "{more} {}", heap.config());
                assert!(numbers.iter().copied().eq(0..1000), "{}", heap.config());
                is_sound(heap);
            }
            drop(numbers);
            is_sound(heap);
        }
    }
    let _alone = alone();
    for_each_heap(&Reserve);
}

#[test]
fn a_block_of_many_megabytes_leaves_a_quarantine_as_what_it_was() {
    #[brk_heap(source = "mmap", cache = "64KiB", harden = "full", quarantine = "1MiB")]
    static WAITS: BrkHeap;
    let _alone = alone();
    // The sizes from 64 MiB on have more bits than 32 less those of an alignment.
    for size in [(1 << 26) - 1, 1 << 26, (1 << 26) + 100, (1 << 27) + 7] {
        let wanted = layout(size, 16);
        let block = allocate(&WAITS, wanted).expect("there is room");
        free(&WAITS, block, wanted);
        is_sound(&WAITS);
        for size in 1..100 {
            let small = layout(size, 8);
            free(&WAITS, allocate(&WAITS, small).expect("there is room"), small);
        }
        WAITS.trim();
        is_sound(&WAITS);
        assert_eq!(WAITS.stats().in_use, 0, "{size}");
    }
}

#[test]
fn a_heap_grows_to_gigabytes_and_back() {
    /// More than 32 bits count, where an address has more.
    const SIZE: usize = if usize::BITS == 64 { 5 << 30 } else { 1 << 29 };
    let _alone = alone();
    let layout = layout(SIZE, 1 << 21);
    let block = allocate(&MAPPING, layout).expect("there is address space");
    // SAFETY: the block has that many bytes.
    let last = unsafe { block.add(SIZE - 1) };
    // SAFETY: it is the block's last byte.
    unsafe { last.write(1) };
    is_sound(&MAPPING);
    assert!(SIZE <= MAPPING.stats().high_water);
    free(&MAPPING, block, layout);
    is_sound(&MAPPING);
}
