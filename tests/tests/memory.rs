//! Memory that is zero, memory that is not touched, and memory that goes back: seen from outside, in what the process has resident.
//!
//! The tests of this file measure their own process, so they run one after the other, behind one lock.

use brkalloc::__private::Config;
use brkalloc::{BrkHeap, Heap, brk_heap};
use brkalloc_harness::random::Random;
use brkalloc_harness::resident;
use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard};

const MIB: usize = 1 << 20;

/// Held by whoever measures.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 16).expect("it is a size")
}

fn allocate<C: Config>(heap: &BrkHeap<C>, size: usize) -> NonNull<u8> {
    // SAFETY: the size is not 0.
    NonNull::new(unsafe { heap.alloc(layout(size)) }).expect("there is memory")
}

fn allocate_zeroed<C: Config>(heap: &BrkHeap<C>, size: usize) -> NonNull<u8> {
    // SAFETY: the size is not 0.
    NonNull::new(unsafe { heap.alloc_zeroed(layout(size)) }).expect("there is memory")
}

fn free<C: Config>(heap: &BrkHeap<C>, block: NonNull<u8>, size: usize) {
    // SAFETY: these tests free what they allocated, at that size, once.
    unsafe { heap.dealloc(block.as_ptr(), layout(size)) };
}

/// Makes all bytes of a block anything but zero.
fn soil(block: NonNull<u8>, size: usize) {
    // SAFETY: the block has that many bytes.
    unsafe { block.write_bytes(0xE5, size) };
}

fn is_zero(block: NonNull<u8>, size: usize) -> bool {
    // SAFETY: the block has that many bytes, all of them zero, or written.
    let bytes = unsafe { core::slice::from_raw_parts(block.as_ptr(), size) };
    bytes.iter().all(|byte| *byte == 0)
}

#[brk_heap(source = "mmap", trim = "64KiB", grow = "64KiB", policy = "first_fit")]
static TRIMS: BrkHeap;

#[brk_heap(trim = "4KiB", grow = "1B", arena = "5000B", policy = "best_fit")]
static TRIMS_BY_BYTES: BrkHeap;

#[brk_heap(source = "mmap", trim = "never", policy = "segregated_fit")]
static KEEPS: BrkHeap;

#[brk_heap(source = "mmap", coalesce = "deferred", order = "fifo", trim = "8KiB")]
static LATE: BrkHeap;

#[brk_heap(source = "mmap", coalesce = "never")]
static APART: BrkHeap;

#[brk_heap(source = "static", arena = "2MiB", policy = "next_fit")]
static ARRAY: BrkHeap;

/// Random requests, of which every other asks for zeros; all that is freed was soiled before.
fn zeros_are_zero<C: Config>(heap: &'static BrkHeap<C>) {
    let mut random = Random(7);
    let mut blocks = Vec::new();
    for step in 0..6000 {
        let size = random.size(20_000);
        let zeroed = random.below(2) == 0;
        let block = if zeroed { allocate_zeroed(heap, size) } else { allocate(heap, size) };
        assert!(!zeroed || is_zero(block, size), "step {step}: {}", heap.config());
        soil(block, size);
        blocks.push((block, size));
        if random.below(5) == 0 {
            let (block, size) = blocks.swap_remove(random.below(blocks.len()));
            let larger = size + random.size(3000);
            // SAFETY: the heap handed the block out at that size.
            let moved = unsafe { heap.realloc(block.as_ptr(), layout(size), larger) };
            blocks.push((NonNull::new(moved).expect("there is memory"), larger));
            soil(blocks[blocks.len() - 1].0, larger);
        }
        while random.below(100) < blocks.len() {
            let (block, size) = blocks.swap_remove(random.below(blocks.len()));
            free(heap, block, size);
        }
        if random.below(200) == 0 {
            for (block, size) in blocks.drain(..) {
                free(heap, block, size);
            }
            if random.below(2) == 0 {
                heap.trim();
            }
            assert_eq!(heap.check(), Ok(()), "step {step}: {}", heap.config());
        }
    }
    for (block, size) in blocks {
        free(heap, block, size);
    }
    assert_eq!(heap.check(), Ok(()));
    assert_eq!(heap.stats().in_use, 0);
}

#[test]
fn zeroed_blocks_are_zero_after_every_reuse_and_trim() {
    let _alone = alone();
    zeros_are_zero(&TRIMS);
    zeros_are_zero(&TRIMS_BY_BYTES);
    zeros_are_zero(&KEEPS);
    zeros_are_zero(&LATE);
    zeros_are_zero(&APART);
    zeros_are_zero(&ARRAY);
}

#[test]
fn zeroed_blocks_over_lent_bytes_are_zero() {
    let _alone = alone();
    // What a caller lends is not zero.
    let mut bytes = [MaybeUninit::new(0xE5_u8); 10_000];
    let heap = Heap::<KEEPS>::over(&mut bytes);
    for size in [1, 24, 100, 1000, 5000] {
        let block = heap.allocate_zeroed(layout(size)).expect("there is room");
        assert!(is_zero(block, size));
        soil(block, size);
        // SAFETY: the heap has just handed it out.
        unsafe { heap.deallocate(block) };
    }
    assert_eq!(heap.check(), Ok(()));
}

#[brk_heap(source = "mmap", policy = "first_fit")]
static FRESH: BrkHeap;

#[test]
fn a_gigabyte_of_zeros_is_not_touched() {
    let _alone = alone();
    let before = resident();
    let block = allocate_zeroed(&FRESH, 1 << 30);
    assert!(resident() < before + 4 * MIB, "{before}, then {}", resident());
    // SAFETY: the block has that many bytes.
    let middle = unsafe { block.add(1 << 29) };
    // SAFETY: it is a byte of the block, which was handed out as zeros.
    assert_eq!(unsafe { middle.read() }, 0);
    soil(block, 1000);
    free(&FRESH, block, 1 << 30);
    let block = allocate_zeroed(&FRESH, 1 << 30);
    assert!(is_zero(block, 1000));
    free(&FRESH, block, 1 << 30);
    assert_eq!(FRESH.check(), Ok(()));
}

/// Uses 64 MiB of a heap; what became resident by it.
fn use_64_mib<C: Config>(heap: &BrkHeap<C>) -> (Vec<NonNull<u8>>, usize) {
    let before = resident();
    let blocks: Vec<_> = (0..64).map(|_| allocate(heap, MIB)).collect();
    for block in &blocks {
        soil(*block, MIB);
    }
    (blocks, resident().saturating_sub(before))
}

#[brk_heap(source = "mmap", trim = "1MiB", policy = "first_fit")]
static AUTOMATIC: BrkHeap;

#[test]
fn a_dirty_top_goes_back_by_itself() {
    let _alone = alone();
    let (blocks, used) = use_64_mib(&AUTOMATIC);
    assert!(63 * MIB < used, "what is used is resident: {used}");
    let full = resident();
    for block in blocks.into_iter().rev() {
        free(&AUTOMATIC, block, MIB);
    }
    let given = full.saturating_sub(resident());
    assert!(62 * MIB < given, "no more than `trim` stays: {given} bytes went back");
    assert_eq!(AUTOMATIC.check(), Ok(()));
    let block = allocate_zeroed(&AUTOMATIC, 64 * MIB);
    assert!(is_zero(block, 64 * MIB));
    free(&AUTOMATIC, block, 64 * MIB);
}

#[brk_heap(source = "mmap", trim = "1MiB", policy = "first_fit")]
static AT_ONCE: BrkHeap;

#[test]
fn of_a_top_that_is_dirty_all_at_once_half_of_trim_stays() {
    let _alone = alone();
    let block = allocate(&AT_ONCE, 64 * MIB);
    soil(block, 64 * MIB);
    let full = resident();
    free(&AT_ONCE, block, 64 * MIB);
    let given = full.saturating_sub(resident());
    assert!(63 * MIB < given, "{given} bytes went back");
    assert_eq!(AT_ONCE.check(), Ok(()));
}

#[brk_heap(source = "mmap", trim = "1MiB", policy = "first_fit")]
static BETWEEN: BrkHeap;

#[brk_heap(source = "mmap", trim = "1MiB")]
static BETWEEN_CACHED: BrkHeap;

/// Blocks of 64 KiB, of which each tenth stays: the pages of the others, between them, go back without a
/// call.
fn between<C: Config>(heap: &'static BrkHeap<C>) {
    const SIZE: usize = 64 << 10;
    const COUNT: usize = 3000;
    /// What may be freed at once and stay: a quarter of the arena.
    const QUOTA: usize = 50 * MIB;
    let _alone = alone();
    let fill = || {
        let block = allocate(heap, SIZE);
        soil(block, SIZE);
        block
    };
    let blocks: Vec<_> = (0..COUNT).map(|_| fill()).collect();
    let (before, idle) = (resident(), SIZE * COUNT * 9 / 10);
    let mut kept = Vec::new();
    for (number, block) in blocks.into_iter().enumerate() {
        if number % 10 == 0 {
            kept.push(block);
        } else {
            free(heap, block, SIZE);
        }
    }
    let given = before.saturating_sub(resident());
    assert!(idle - QUOTA < given, "{given} of {idle} bytes went back");
    assert_eq!(heap.check(), Ok(()));
    // A while later a little is freed, and all that is free goes back.
    std::thread::sleep(Duration::from_millis(120));
    let blocks: Vec<_> = (0..40).map(|_| fill()).collect();
    for block in blocks {
        free(heap, block, SIZE);
    }
    let given = before.saturating_sub(resident());
    assert!(idle - 8 * MIB < given, "{given} of {idle} bytes went back later");
    let block = allocate_zeroed(heap, SIZE);
    assert!(is_zero(block, SIZE));
    kept.push(block);
    for block in kept {
        free(heap, block, SIZE);
    }
    assert_eq!(heap.check(), Ok(()));
}

#[test]
fn pages_between_blocks_in_use_go_back_by_themselves() {
    between(&BETWEEN);
    between(&BETWEEN_CACHED);
}

#[brk_heap(source = "mmap", trim = "never", policy = "first_fit")]
static BY_HAND: BrkHeap;

#[test]
fn what_is_kept_goes_back_when_asked_for() {
    let _alone = alone();
    let (blocks, _) = use_64_mib(&BY_HAND);
    let full = resident();
    for block in blocks {
        free(&BY_HAND, block, MIB);
    }
    assert!(full.saturating_sub(resident()) < 2 * MIB, "`trim = \"never\"` keeps it");
    let claimed = BY_HAND.trim();
    assert_eq!(BY_HAND.check(), Ok(()));
    let given = full.saturating_sub(resident());
    assert!(63 * MIB < given && 63 * MIB < claimed, "{claimed} claimed, {given} given back");
    assert!(claimed < 65 * MIB, "no more than there was: {claimed}");
    let block = allocate_zeroed(&BY_HAND, 64 * MIB);
    assert!(is_zero(block, 64 * MIB));
    free(&BY_HAND, block, 64 * MIB);
}

#[brk_heap(source = "mmap", trim = "never", policy = "first_fit")]
static HOLES: BrkHeap;

#[test]
fn pages_of_free_chunks_between_used_ones_go_back_too() {
    let _alone = alone();
    let (blocks, _) = use_64_mib(&HOLES);
    let full = resident();
    for block in blocks.iter().step_by(2) {
        free(&HOLES, *block, MIB);
    }
    let claimed = HOLES.trim();
    let given = full.saturating_sub(resident());
    assert_eq!(HOLES.check(), Ok(()));
    assert!(31 * MIB < given && 31 * MIB < claimed, "{claimed} claimed, {given} given back");
    for block in blocks.into_iter().skip(1).step_by(2) {
        // SAFETY: the block has that many bytes, written by `soil`.
        let bytes = unsafe { core::slice::from_raw_parts(block.as_ptr(), MIB) };
        assert!(bytes.iter().all(|byte| *byte == 0xE5), "what is used is kept");
        free(&HOLES, block, MIB);
    }
    assert_eq!(HOLES.check(), Ok(()));
    assert_eq!(HOLES.stats().in_use, 0);
}

#[test]
fn an_array_gives_nothing_back() {
    let _alone = alone();
    assert_eq!(ARRAY.trim(), 0);
    assert_eq!(ARRAY.check(), Ok(()));
}
