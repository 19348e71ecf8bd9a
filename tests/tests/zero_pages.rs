//! With `harden = "full"`, whole pages of free memory may be zeros: those that went back, and those that nobody has been
//! given yet. Everything else of free memory is still compared with its pattern.

use brkalloc::__private::Config;
use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::pattern::Block;
use brkalloc_harness::random::Random;
use brkalloc_harness::resident;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;

const KIB: usize = 1 << 10;

fn take<C: Config>(heap: &BrkHeap<C>, layout: Layout) -> NonNull<u8> {
    // SAFETY: no layout of these tests is of 0 bytes.
    NonNull::new(unsafe { heap.alloc(layout) }).expect("there is memory")
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("it is a layout")
}

fn random_layout(random: &mut Random) -> Layout {
    // From what two granules hold to many pages, and each alignment up to two pages.
    let most = 32 << random.below(13);
    let size = 1 + random.below(most);
    layout(size, 1 << random.below(14))
}

/// Takes, resizes and frees blocks at random, asks for memory back now and then, and looks at the whole heap.
fn steps<C: Config>(heap: &'static BrkHeap<C>) {
    let mut random = Random(7);
    let mut blocks: Vec<Block> = Vec::new();
    for (step, seed) in (0..4000).zip((0..=u8::MAX).cycle()) {
        match random.below(10) {
            0..5 => {
                let layout = random_layout(&mut random);
                let place = take(heap, layout);
                // SAFETY: the heap has given these bytes to this test.
                blocks.push(unsafe { Block::fill(place, layout, seed) });
            }
            5 if !blocks.is_empty() => {
                let block = blocks.swap_remove(random.below(blocks.len()));
                let size = 1 + random.below(64 * KIB);
                // SAFETY: the heap handed it out with that layout.
                let place = unsafe { heap.realloc(block.place.as_ptr(), block.layout, size) };
                let place = NonNull::new(place).expect("there is memory");
                // SAFETY: what was there has moved to these bytes, which are this test's.
                blocks.push(unsafe { block.moved(place, size) });
            }
            6..9 if !blocks.is_empty() => {
                let mut block = blocks.swap_remove(random.below(blocks.len()));
                block.verify();
                // SAFETY: the heap handed it out with that layout, and nobody needs it.
                unsafe { heap.dealloc(block.place.as_ptr(), block.layout) };
            }
            9 if step % 5 == 0 => {
                heap.trim();
            }
            _ => {}
        }
        if 200 < blocks.len() || step % 8 == 0 {
            assert_eq!(heap.check(), Ok(()), "at step {step}");
        }
        if 200 < blocks.len() {
            for mut block in blocks.drain(..).step_by(2) {
                block.verify();
                // SAFETY: as above.
                unsafe { heap.dealloc(block.place.as_ptr(), block.layout) };
            }
        }
    }
    assert_eq!(heap.check(), Ok(()), "in the end");
}

macro_rules! tests {
    ($($name:ident $options:tt;)+) => {
        $(
            #[test]
            fn $name() {
                #[brk_heap $options]
                static HEAP: BrkHeap;
                steps(&HEAP);
            }
        )+
    };
}

tests! {
    no_page_is_half_zero_with_first_fit
        (source = "mmap", policy = "first_fit", harden = "full", trim = "64KiB", grow = "16KiB");
    no_page_is_half_zero_with_segregated_fit
        (source = "mmap", policy = "segregated_fit", harden = "full", trim = "64KiB", grow = "16KiB");
    no_page_is_half_zero_where_free_neighbors_wait
        (source = "mmap", policy = "best_fit", coalesce = "deferred", harden = "full", trim = "never");
    no_page_is_half_zero_where_free_memory_is_cleared
        (source = "mmap", policy = "first_fit", harden = "full", zero = "free", trim = "64KiB", grow = "16KiB");
}

#[test]
fn padding_that_nobody_was_given_has_no_pages() {
    #[brk_heap(source = "mmap", policy = "segregated_fit", harden = "full")]
    static HEAP: BrkHeap;
    let before = resident();
    // Each has nearly 2 MiB of padding below it.
    for _ in 0..100 {
        take(&HEAP, layout(64, 2 << 20));
    }
    // Beside this test others run, whose heaps are small.
    let given = resident().saturating_sub(before);
    assert!(given < 64 << 20, "{given} bytes for 100 blocks of 64");
    assert_eq!(HEAP.check(), Ok(()));
}

/// Where a mebibyte is free whose pages have gone back, and the block above it.
fn given_back<C: Config>(heap: &BrkHeap<C>) -> (*mut u8, *mut u8) {
    let (below, free, above) =
        (take(heap, layout(64, 16)), take(heap, layout(1 << 20, 16)), take(heap, layout(64, 16)));
    assert!(below < free && free < above);
    // SAFETY: the block has that many bytes.
    unsafe { free.write_bytes(1, 1 << 20) };
    // SAFETY: the heap handed it out with that layout.
    unsafe { heap.dealloc(free.as_ptr(), layout(1 << 20, 16)) };
    assert!(1 << 19 < heap.trim(), "most of it goes back");
    assert_eq!(heap.check(), Ok(()));
    (free.as_ptr(), above.as_ptr())
}

#[test]
fn a_byte_that_is_written_to_a_page_that_went_back_is_found() {
    #[brk_heap(source = "mmap", policy = "first_fit", harden = "full")]
    static HEAP: BrkHeap;
    let (free, _) = given_back(&HEAP);
    // SAFETY: nobody has the byte, which is what this test is about.
    let byte = unsafe { free.add(600 * KIB) };
    // SAFETY: the page is mapped.
    unsafe { byte.write(1) };
    let found = HEAP.check().expect_err("it was written to").to_string();
    assert!(found.contains("freed memory was written to"), "{found}");
}

#[test]
fn zeros_that_are_written_to_a_part_of_a_page_are_found() {
    #[brk_heap(source = "mmap", policy = "first_fit", harden = "full")]
    static HEAP: BrkHeap;
    let (free, _) = given_back(&HEAP);
    // SAFETY: nobody has these bytes, at the end of what is free; they lie behind its whole pages.
    let end = unsafe { free.add((1 << 20) - 64) };
    // SAFETY: the page is mapped.
    unsafe { end.write_bytes(0, 16) };
    let found = HEAP.check().expect_err("it was written to").to_string();
    assert!(found.contains("freed memory was written to"), "{found}");
}

#[test]
fn a_top_that_begins_within_a_page_that_went_back_is_whole() {
    #[brk_heap(source = "mmap", policy = "first_fit", harden = "full", trim = "4MiB")]
    static HEAP: BrkHeap;
    let (_, above) = given_back(&HEAP);
    // It joins the top, with all that is free.
    // SAFETY: the heap handed it out with that layout.
    unsafe { HEAP.dealloc(above, layout(64, 16)) };
    assert_eq!(HEAP.check(), Ok(()));
    for size in [100, 10_000, 4096, 100_000] {
        take(&HEAP, layout(size, 16));
        assert_eq!(HEAP.check(), Ok(()), "behind {size} bytes");
    }
}
