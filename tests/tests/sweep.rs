//! Every alignment beside sizes around every power of two, on heaps of every kind: what scudo tests first of each allocator.
//!
//! ```text
//!   sizes        2^0 … 2^20, from 32 below to 32 above        alignments   2^0 … 2^16
//!   in use       the last eight blocks; each is resized, and looked at, before it is freed
//! ```

use brkalloc::{BrkHeap, Config, brk_heap};
use brkalloc_harness::pattern::Block;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use std::collections::VecDeque;

const AT_ONCE: usize = 8;

fn allocate<C: Config>(heap: &BrkHeap<C>, layout: Layout, seed: u8) -> Block {
    // SAFETY: the layout has a size.
    let place = unsafe { heap.alloc(layout) };
    let place = NonNull::new(place).unwrap_or_else(|| panic!("there is room for {layout:?}"));
    // SAFETY: the block is in use.
    let usable = unsafe { heap.usable_size(place) };
    assert!(layout.size() <= usable, "{layout:?} has {usable} bytes");
    // SAFETY: the heap handed the bytes out just now.
    unsafe { Block::fill(place, layout, seed) }
}

/// The block at two thirds of its size, or one byte larger where that is as many.
fn resize<C: Config>(heap: &BrkHeap<C>, block: Block) -> Block {
    let size = block.layout.size();
    let size = if size < 3 { size + 1 } else { size / 3 * 2 };
    // SAFETY: it was handed out for this layout, and is in use.
    let place = unsafe { heap.realloc(block.place.as_ptr(), block.layout, size) };
    let place = NonNull::new(place).expect("there is room");
    // SAFETY: the heap handed the bytes out just now.
    unsafe { block.moved(place, size) }
}

fn free<C: Config>(heap: &BrkHeap<C>, mut block: Block) {
    block.verify();
    // SAFETY: it was handed out for this layout, and is freed once.
    unsafe { heap.dealloc(block.place.as_ptr(), block.layout) };
}

fn sweep<C: Config>(heap: &BrkHeap<C>) {
    let mut blocks = VecDeque::new();
    let mut seeds = (0..=u8::MAX).cycle();
    let mut count = 0;
    for size in (0..=20).map(|power| 1_usize << power) {
        for align in (0..=16).map(|power| 1_usize << power) {
            for size in (size.saturating_sub(32).max(1))..=size + 32 {
                let layout = Layout::from_size_align(size, align).expect("both are small");
                let seed = seeds.next().expect("they never end");
                blocks.push_back(allocate(heap, layout, seed));
                if AT_ONCE < blocks.len() {
                    let block = resize(heap, blocks.pop_front().expect("there are some"));
                    free(heap, block);
                }
                count += 1;
            }
        }
        assert_eq!(heap.check(), Ok(()), "around {size} bytes");
    }
    for block in blocks {
        free(heap, block);
    }
    heap.trim();
    assert_eq!(heap.check(), Ok(()));
    assert_eq!(heap.stats().in_use, 0, "of {count} blocks");
    assert!(20_000 < count, "{count}");
}

macro_rules! swept {
    ($($sentence:ident: $options:tt,)+) => {$(
        #[test]
        fn $sentence() {
            #[brk_heap $options]
            static HEAP: BrkHeap;
            sweep(&HEAP);
        }
    )+};
}

swept! {
    first_fit_serves_every_size_at_every_alignment: (source = "mmap"),
    best_fit_serves_every_size_at_every_alignment: (source = "mmap", policy = "best_fit", coalesce = "deferred"),
    a_list_serves_every_size_at_every_alignment: (source = "mmap", policy = "next_fit", index = "list"),
    bins_serve_every_size_at_every_alignment: (source = "mmap", policy = "segregated_fit"),
    a_cache_serves_every_size_at_every_alignment: (source = "mmap", cache = "1MiB"),
    mappings_serve_every_size_at_every_alignment: (source = "mmap", large = "4KiB"),
    every_check_holds_for_every_size_at_every_alignment: (source = "mmap", harden = "full", quarantine = "64KiB"),
    every_check_of_a_cache_holds_for_every_size_at_every_alignment:
        (source = "mmap", harden = "full", cache = "1MiB", large = "64KiB"),
    what_is_cleared_serves_every_size_at_every_alignment: (source = "mmap", zero = "free", cache = "64KiB"),
    an_array_serves_every_size_at_every_alignment: (source = "static", arena = "16MiB", policy = "worst_fit"),
}
