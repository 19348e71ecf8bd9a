//! `zero = "free"`: what a program has freed, or a `realloc` left behind, reads as zero, but for the words that the heap itself
//! keeps in free memory: links in the first two, a size or nothing in the last.

use brkalloc::__private::export;
use brkalloc::{BrkHeap, Heap, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[brk_heap(source = "mmap", zero = "free", policy = "first_fit")]
static CHUNKS: BrkHeap;
#[brk_heap(source = "mmap", zero = "free", harden = "none", coalesce = "deferred", order = "lifo")]
static LATE: BrkHeap;
#[brk_heap(source = "mmap", zero = "free", cache = "1MiB")]
static CACHED: BrkHeap;
#[brk_heap(source = "mmap", zero = "free", large = "64KiB", policy = "first_fit")]
static MAPPED: BrkHeap;
#[brk_heap(source = "mmap", policy = "first_fit")]
static KEEPS: BrkHeap;

const fn layout(size: usize) -> Layout {
    match Layout::from_size_align(size, 8) {
        Ok(layout) => layout,
        Err(_) => panic!("the sizes here are small"),
    }
}

/// A block whose bytes are all ones, as many as may be used.
fn soiled<C: brkalloc::Config>(heap: &BrkHeap<C>, size: usize) -> (NonNull<u8>, usize) {
    // SAFETY: the size is not 0.
    let block = NonNull::new(unsafe { heap.alloc(layout(size)) }).expect("there is room");
    // SAFETY: the block is in use.
    let usable = unsafe { heap.usable_size(block) };
    // SAFETY: so many bytes may be used.
    unsafe { block.write_bytes(0xFF, usable) };
    (block, usable)
}

/// The bytes from `from` up to `to` that are not zero, of memory that a heap has.
fn soil(block: NonNull<u8>, from: usize, to: usize) -> usize {
    (from..to)
        // SAFETY: the memory stays the heap's, and no other thread uses that heap.
        .filter(|place| unsafe { block.as_ptr().wrapping_add(*place).read_volatile() } != 0)
        .count()
}

/// Two links at the low end, and a size at the high end.
fn is_clear(block: NonNull<u8>, usable: usize) -> bool {
    soil(block, 16, usable - 8) == 0
}

/// Held by whoever uses the heaps: another test could be handed what this one has just freed.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_heap_that_clears_nothing_keeps_the_bytes_of_a_block_that_was_freed() {
    let _alone = alone();
    let (block, usable) = soiled(&KEEPS, 1000);
    // SAFETY: it was handed out for this layout.
    unsafe { KEEPS.dealloc(block.as_ptr(), layout(1000)) };
    assert_eq!(soil(block, 16, usable - 8), usable - 24, "so the other tests look at something");
}

fn what_is_freed_is_clear<C: brkalloc::Config>(heap: &BrkHeap<C>, sizes: &[usize]) {
    for size in sizes.iter().copied() {
        let (block, usable) = soiled(heap, size);
        let _fence = soiled(heap, size);
        // SAFETY: it was handed out for this layout.
        unsafe { heap.dealloc(block.as_ptr(), layout(size)) };
        assert!(is_clear(block, usable), "{size} bytes, by a layout");
        let (block, usable) = soiled(heap, size);
        // SAFETY: it was handed out, and is freed once.
        unsafe { export_free(heap, block) };
        assert!(is_clear(block, usable), "{size} bytes, by the address");
    }
    assert_eq!(heap.check(), Ok(()));
}

/// What C's `free` does.
///
/// # Safety
///
/// `heap` is the static of its configuration; it handed `block` out, which is freed once.
unsafe fn export_free<C: brkalloc::Config>(_: &BrkHeap<C>, block: NonNull<u8>) {
    // SAFETY: the caller guarantees the block.
    unsafe { export::free::<C>(block.as_ptr().cast()) };
}

#[test]
fn a_chunk_is_clear_after_it_was_freed() {
    let _alone = alone();
    what_is_freed_is_clear(&CHUNKS, &[24, 25, 100, 1000, 5000, 100_000]);
    what_is_freed_is_clear(&LATE, &[24, 25, 100, 1000, 5000, 100_000]);
}

#[test]
fn an_object_of_a_slab_and_a_kept_chunk_are_clear_after_they_were_freed() {
    let _alone = alone();
    what_is_freed_is_clear(&CACHED, &[40, 64, 1000, 1024, 1025, 2000, 30_000, 100_000]);
    // Every object that a thread and the depot pass on, a batch and more of them.
    let blocks: Vec<_> = (0..3000).map(|_| soiled(&CACHED, 64)).collect();
    for (block, _) in &blocks {
        // SAFETY: it was handed out for this layout, and is freed once.
        unsafe { CACHED.dealloc(block.as_ptr(), layout(64)) };
    }
    assert!(blocks.iter().all(|(block, usable)| is_clear(*block, *usable)));
}

/// Has a block of `from` bytes reallocated to `to`: where it is now.
fn resized<C: brkalloc::Config>(
    heap: &BrkHeap<C>,
    block: NonNull<u8>,
    from: usize,
    to: usize,
) -> NonNull<u8> {
    // SAFETY: it was handed out for this layout.
    let moved = unsafe { heap.realloc(block.as_ptr(), layout(from), to) };
    NonNull::new(moved).expect("there is room")
}

#[test]
fn what_a_realloc_has_moved_away_from_is_clear() {
    fn case<C: brkalloc::Config>(heap: &BrkHeap<C>, from: usize, to: usize) {
        let (block, usable) = soiled(heap, from);
        let _fence = soiled(heap, from);
        let moved = resized(heap, block, from, to);
        assert_ne!(moved, block, "{from} to {to}");
        assert_eq!(soil(moved, 0, from), from, "{from} to {to}: what it held came along");
        assert!(is_clear(block, usable), "{from} to {to}");
    }
    let _alone = alone();
    case(&CHUNKS, 1000, 3000);
    case(&CACHED, 64, 200);
    case(&CACHED, 2000, 20_000);
    case(&CACHED, 1000, 5000);
    case(&MAPPED, 1000, 100_000);
}

#[test]
fn the_tail_that_a_realloc_cuts_off_is_clear() {
    fn case<C: brkalloc::Config>(heap: &BrkHeap<C>, from: usize, to: usize) {
        let (block, usable) = soiled(heap, from);
        let _fence = soiled(heap, 100);
        let stays = resized(heap, block, from, to);
        assert_eq!(stays, block, "{from} to {to}");
        assert_eq!(soil(block, 0, to), to, "{from} to {to}: what is kept is kept");
        // SAFETY: the block is in use.
        let now = unsafe { heap.usable_size(block) };
        assert_eq!(soil(block, to, now), 0, "{from} to {to}: within the block");
        // A tag, and links or nothing.
        assert_eq!(soil(block, now + 24, usable.max(now + 32) - 8), 0, "{from} to {to}: behind it");
    }
    let _alone = alone();
    case(&CHUNKS, 5000, 100);
    case(&CHUNKS, 104, 90);
    case(&CHUNKS, 104, 88);
    case(&CACHED, 64, 50);
    case(&CACHED, 30_000, 29_000);
    case(&CACHED, 100_000, 50_000);
    // Within the last page of a mapping.
    let (block, _) = soiled(&MAPPED, 200_000);
    let block = resized(&MAPPED, block, 200_000, 100_000);
    // SAFETY: the block is in use.
    let now = unsafe { MAPPED.usable_size(block) };
    assert_eq!((soil(block, 0, 100_000), soil(block, 100_000, now)), (100_000, 0));
    // The same for C, where no layout says what the block had.
    let (block, _) = soiled(&CHUNKS, 5000);
    // SAFETY: it was handed out, and is in use.
    let stays = unsafe { export::realloc::<CHUNKS>(block.as_ptr().cast(), 100) };
    assert_eq!(stays, block.as_ptr().cast());
    assert_eq!((soil(block, 0, 100), soil(block, 100, 104), soil(block, 136, 4000)), (100, 0, 0));
}

#[test]
fn a_heap_over_a_callers_bytes_clears_as_well() {
    let mut bytes = [const { MaybeUninit::new(0xFF_u8) }; 4096];
    let heap = Heap::<CHUNKS>::over(&mut bytes);
    let [block, fence] = [(); 2].map(|()| heap.allocate(layout(1000)).expect("there is room"));
    // SAFETY: the block has so many bytes, here and below.
    unsafe { block.write_bytes(0xFF, 1000) };
    // SAFETY: it was handed out for this layout.
    let stays = unsafe { heap.reallocate(block, layout(1000), 501) }.expect("it shrinks");
    assert_eq!(stays, block);
    assert_eq!((soil(block, 0, 501), soil(block, 501, 504), soil(block, 536, 992)), (501, 0, 0));
    for block in [block, fence] {
        // SAFETY: it was handed out, and is freed once.
        unsafe { heap.deallocate(block) };
    }
    // Where chunks have merged, a tag and a size are left.
    assert!(soil(block, 16, 992) <= 16, "{} bytes", soil(block, 16, 992));
}
