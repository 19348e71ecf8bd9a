//! Whole heaps as the attribute makes them: caches, large mappings, growth up to a limit, an array.
//!
//! Every block is filled with a pattern of its own, which must be whole when the block is resized or
//! freed; no two blocks overlap; zeros are zeros; every refusal leaves all as it was. The heap checks
//! itself now and then, and in the end everything has come back: nothing is lost.

use crate::input::Input;
use crate::places::Places;
use ::core::alloc::{GlobalAlloc, Layout};
use ::core::ptr::NonNull;
use brkalloc::__private::Config;
use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::pattern::Block;
use brkalloc_oracle::cases::{Live, Operation};

#[brk_heap(source = "mmap", cache = "1MiB", limit = "16MiB")]
static CACHE: BrkHeap;

#[brk_heap(
    source = "mmap",
    cache = "16KiB",
    limit = "4MiB",
    policy = "segregated_fit",
    trim = "64KiB"
)]
static SMALL_CACHE: BrkHeap;

#[brk_heap(
    source = "mmap",
    cache = "256KiB",
    limit = "16MiB",
    large = "64KiB",
    policy = "best_fit"
)]
static CACHE_AND_LARGE: BrkHeap;

#[brk_heap(
    source = "mmap",
    large = "16KiB",
    limit = "2MiB",
    grow = "4KiB",
    trim = "16KiB",
    policy = "first_fit"
)]
static LARGE: BrkHeap;

#[brk_heap(source = "mmap", cache = "64KiB", limit = "8MiB", order = "fifo", coalesce = "deferred")]
static LATE: BrkHeap;

#[brk_heap(source = "static", arena = "64KiB", policy = "next_fit")]
static ARRAY: BrkHeap;

#[brk_heap(source = "mmap", limit = "1MiB", policy = "worst_fit", stats = "counters")]
static TIGHT: BrkHeap;

#[brk_heap(
    source = "mmap",
    cache = "64KiB",
    limit = "8MiB",
    large = "64KiB",
    harden = "full",
    zero = "free"
)]
static FULL: BrkHeap;

/// How many operations pass between two looks at the whole heap.
const CHECKED: usize = 16;

/// Bytes of the largest block that is filled. What is larger goes back at once: a heap with mappings serves
/// gigabytes, and writing them would be all that a fuzzer does.
const FILLED: usize = 512 << 10;

/// The first byte names the heap, the rest is what happens to it.
///
/// # Panics
///
/// If a promise was broken.
pub fn run(bytes: &[u8]) {
    let mut input = Input(bytes);
    match input.byte() % 8 {
        0 => live(&CACHE, input),
        1 => live(&SMALL_CACHE, input),
        2 => live(&CACHE_AND_LARGE, input),
        3 => live(&LARGE, input),
        4 => live(&LATE, input),
        5 => live(&ARRAY, input),
        6 => live(&TIGHT, input),
        _ => live(&FULL, input),
    }
}

fn live<C: Config>(heap: &'static BrkHeap<C>, mut input: Input<'_>) {
    let mut life = Life { heap, blocks: Live::new(), places: Places::default(), births: 0 };
    let mut count = 0;
    while !input.is_empty() {
        life.apply(input.operation());
        count += 1;
        if count % CHECKED == 0 {
            assert_eq!(heap.check(), Ok(()), "after {count} operations");
        }
    }
    assert_eq!(heap.check(), Ok(()), "after all {count} operations");
    while let Some(block) = life.blocks.take(0) {
        life.end(block);
    }
    heap.trim();
    assert_eq!(heap.check(), Ok(()), "after everything was freed");
    let stats = heap.stats();
    assert_eq!(stats.in_use, 0, "{stats:?}");
    assert_eq!(stats.cached.unwrap_or(0), 0, "{stats:?}");
    assert_eq!(stats.mapped.unwrap_or(0), 0, "{stats:?}");
    if heap.config().coalesce == "immediate" {
        assert!(stats.free_chunks <= 1, "{stats:?}");
    }
}

/// A heap, and the blocks that live on it.
struct Life<C: Config> {
    heap: &'static BrkHeap<C>,
    blocks: Live<Block>,
    places: Places,
    births: u8,
}

impl<C: Config> Life<C> {
    fn apply(&mut self, operation: Operation) {
        match operation {
            Operation::Allocate { size, align } => self.allocate(size, align),
            Operation::Free { slot } => {
                if let Some(block) = self.blocks.take(slot) {
                    self.end(block);
                }
            }
            Operation::Reallocate { slot, size } => {
                if let Some(block) = self.blocks.take(slot) {
                    self.resize(block, size);
                }
            }
        }
    }

    fn allocate(&mut self, size: usize, align: usize) {
        // Zero is no size for the global allocator.
        let layout =
            Layout::from_size_align(size.max(1), align).expect("inputs make sound layouts");
        self.births = self.births.wrapping_add(1);
        let is_zeroed = self.births.is_multiple_of(3);
        let place = if is_zeroed {
            // SAFETY: the layout has a size.
            unsafe { self.heap.alloc_zeroed(layout) }
        } else {
            // SAFETY: the layout has a size.
            unsafe { self.heap.alloc(layout) }
        };
        let Some(place) = NonNull::new(place) else { return };
        self.places.enter(place, layout.size());
        assert_eq!(place.addr().get() % align, 0, "the block is aligned");
        if FILLED < layout.size() {
            return self.give_back(place, layout);
        }
        if is_zeroed {
            // SAFETY: the heap handed the bytes out just now, written with zeros.
            let bytes = unsafe { ::core::slice::from_raw_parts(place.as_ptr(), layout.size()) };
            assert!(bytes.iter().all(|byte| *byte == 0), "a byte at {place:p} is not zero");
        }
        // SAFETY: the heap handed the bytes out just now.
        self.blocks.push(unsafe { Block::fill(place, layout, self.births) });
        // SAFETY: the heap handed the block out, and it is in use.
        let usable = unsafe { self.heap.usable_size(place) };
        assert!(layout.size() <= usable, "{layout:?} has {usable} bytes");
    }

    fn resize(&mut self, mut block: Block, size: usize) {
        let size = size.max(1);
        let Ok(layout) = Layout::from_size_align(size, block.layout.align()) else {
            return self.blocks.push(block);
        };
        block.verify();
        // SAFETY: the heap handed the block out for that layout, and it is in use.
        let moved = unsafe { self.heap.realloc(block.place.as_ptr(), block.layout, size) };
        let Some(moved) = NonNull::new(moved) else {
            block.verify();
            return self.blocks.push(block);
        };
        self.places.leave(block.place);
        self.places.enter(moved, size);
        if FILLED < size {
            assert_eq!(moved.addr().get() % layout.align(), 0, "the block is aligned");
            block.place = moved;
            block.verify();
            return self.give_back(moved, layout);
        }
        // SAFETY: the heap handed the bytes out just now, in exchange for the block's.
        self.blocks.push(unsafe { block.moved(moved, size) });
    }

    fn end(&mut self, mut block: Block) {
        block.verify();
        self.give_back(block.place, block.layout);
    }

    fn give_back(&mut self, place: NonNull<u8>, layout: Layout) {
        self.places.leave(place);
        // SAFETY: the heap handed the block out for that layout, and this is the one who has it.
        unsafe { self.heap.dealloc(place.as_ptr(), layout) };
    }
}
