//! Large requests: mappings of their own, counted, moved and given back.
#![cfg(target_os = "linux")]

use brkalloc::__private::Config;
use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::pattern::Block;
use brkalloc_harness::random::Random;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("the tests' layouts are sound")
}

fn allocate<C: Config>(heap: &BrkHeap<C>, layout: Layout) -> Block {
    // SAFETY: the layout has a size.
    let place = NonNull::new(unsafe { heap.alloc(layout) }).expect("there is memory");
    // SAFETY: the heap handed the bytes out just now.
    unsafe { Block::fill(place, layout, 11) }
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

#[test]
fn a_request_of_that_size_is_no_chunk_and_goes_back_when_it_is_freed() {
    #[brk_heap(source = "mmap", large = "256KiB", policy = "first_fit")]
    static HEAP: BrkHeap;
    let small = allocate(&HEAP, layout((256 << 10) - 1, 8));
    assert_eq!(HEAP.stats().mapped, Some(0));
    let in_use = HEAP.stats().in_use;
    let large = allocate(&HEAP, layout(256 << 10, 8));
    let stats = HEAP.stats();
    assert_eq!(stats.in_use, in_use, "it is not in the arena");
    let mapped = stats.mapped.expect("mappings are counted");
    assert!((256 << 10..(256 << 10) + 8192).contains(&mapped), "{mapped}");
    let usable = [&small, &large].map(|block| {
        // SAFETY: it is in use.
        unsafe { HEAP.usable_size(block.place) }
    });
    assert!((256 << 10) - 1 <= usable[0] && 256 << 10 <= usable[1], "{usable:?}");
    free(&HEAP, large);
    free(&HEAP, small);
    let stats = HEAP.stats();
    assert_eq!((stats.mapped, stats.in_use), (Some(0), 0));
    assert_eq!(HEAP.check(), Ok(()));
}

#[test]
fn blocks_keep_their_bytes_and_alignment_across_the_border() {
    #[brk_heap(source = "mmap", large = "64KiB", policy = "first_fit")]
    static CHUNKS: BrkHeap;
    #[brk_heap(source = "mmap", large = "16KiB", cache = "1MiB")]
    static CACHED: BrkHeap;

    fn resize_at_random<C: Config>(heap: &BrkHeap<C>, align: usize) {
        let mut random = Random(align as u64);
        let mut block = allocate(heap, layout(1, align));
        for _ in 0..150 {
            let size = random.size(1 << 20);
            block = reallocate(heap, block, size);
            // SAFETY: it is in use.
            assert!(size <= unsafe { heap.usable_size(block.place) });
        }
        free(heap, block);
        assert_eq!((heap.check(), heap.stats().mapped), (Ok(()), Some(0)));
    }

    for align in [1, 16, 32, 64, 128, 4096, 8192, 1 << 16] {
        resize_at_random(&CHUNKS, align);
        resize_at_random(&CACHED, align);
    }
}

#[test]
fn a_vector_grows_by_moving_pages() {
    #[brk_heap(source = "mmap", large = "1MiB", policy = "first_fit")]
    static HEAP: BrkHeap;
    let mut block = allocate(&HEAP, layout(1 << 20, 8));
    for doubling in 1..8 {
        block = reallocate(&HEAP, block, 1 << (20 + doubling));
        let mapped = HEAP.stats().mapped.expect("mappings are counted");
        assert!(mapped < (1 << (20 + doubling)) + 8192, "one mapping, and no copy: {mapped}");
    }
    block = reallocate(&HEAP, block, 3 << 20);
    assert!(HEAP.stats().mapped.is_some_and(|mapped| mapped < (3 << 20) + 8192));
    free(&HEAP, block);
}

#[test]
fn fresh_mappings_are_zero() {
    #[brk_heap(source = "mmap", large = "64KiB", policy = "first_fit")]
    static HEAP: BrkHeap;
    for _ in 0..20 {
        let wanted = layout(200_000, 8);
        // SAFETY: the layout has a size.
        let place = NonNull::new(unsafe { HEAP.alloc_zeroed(wanted) }).expect("there is memory");
        // SAFETY: the bytes are this test's alone, and the heap says that they are zero.
        let bytes = unsafe { core::slice::from_raw_parts(place.as_ptr(), wanted.size()) };
        assert!(bytes.iter().all(|byte| *byte == 0));
        // SAFETY: the heap handed the bytes out just now.
        free(&HEAP, unsafe { Block::fill(place, wanted, 1) });
    }
    assert_eq!(HEAP.stats().mapped, Some(0));
}

#[test]
fn what_no_mapping_can_be_is_null_and_nothing_is_lost() {
    #[brk_heap(source = "mmap", large = "64KiB", policy = "first_fit")]
    static HEAP: BrkHeap;
    /// More than a machine has, and not yet more than a layout can say.
    const BEYOND: usize = if usize::BITS == 64 { 1 << 46 } else { 3 << 29 };
    let most = isize::MAX.unsigned_abs();
    for impossible in [layout(most, 1), layout(most - 4095, 4096), layout(BEYOND, 1 << 29)] {
        // SAFETY: the layouts have sizes.
        assert!(unsafe { HEAP.alloc(impossible) }.is_null());
    }
    // SAFETY: the layout has a size.
    assert!(unsafe { HEAP.alloc(layout(1 << 20, 1 << 30)) }.is_null(), "beyond what System serves");
    let block = allocate(&HEAP, layout(100_000, 64));
    // SAFETY: the heap handed the block out for that layout, and it is in use.
    assert!(unsafe { HEAP.realloc(block.place.as_ptr(), block.layout, most - 63) }.is_null());
    free(&HEAP, block);
    assert_eq!((HEAP.check(), HEAP.stats().mapped), (Ok(()), Some(0)));
}

#[test]
fn alignments_above_a_page_are_kept() {
    #[brk_heap(source = "mmap", large = "64KiB", policy = "first_fit")]
    static HEAP: BrkHeap;
    let blocks: Vec<_> =
        (12..24).map(|power| allocate(&HEAP, layout(70_000, 1 << power))).collect();
    for block in blocks {
        free(&HEAP, block);
    }
    assert_eq!(HEAP.stats().mapped, Some(0));
}
