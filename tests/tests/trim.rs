//! Memory goes back by itself: what the process has resident right after a free, for each way in which much becomes free.
//!
//! The bounds are those of `trim`, and of a sweep, which waits for a quarter of the arena. The tests measure their own
//! process, so they run one after the other, each on heaps of its own.

use brkalloc::__private::Config;
use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::pattern;
use brkalloc_harness::random::Random;
use brkalloc_harness::resident;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Pages that a bound leaves to the tags and links between free pages, and to the runtime of the tests.
const SOME_PAGES: usize = 128 * KIB;

/// Bytes of the rest that a heap may keep where nothing is said of it.
const ANY: usize = usize::MAX;

/// Held by whoever measures.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 16).expect("it is a size")
}

/// A block that is in use, all of which was written.
#[derive(Clone, Copy)]
struct Block {
    place: NonNull<u8>,
    size: usize,
}

impl Block {
    /// No block: what stands in a table before there is one.
    const NONE: Self = Self { place: NonNull::dangling(), size: 0 };

    fn take<C: Config>(heap: &BrkHeap<C>, size: usize) -> Self {
        // SAFETY: the size is not 0.
        let place = NonNull::new(unsafe { heap.alloc(layout(size)) }).expect("there is memory");
        // SAFETY: the block has that many bytes.
        unsafe { place.write_bytes(0xE5, size) };
        Self { place, size }
    }

    /// Whether each of its bytes is this one.
    fn is_all(self, byte: u8) -> bool {
        // SAFETY: the block has that many bytes, all of them zero, or written.
        let bytes = unsafe { core::slice::from_raw_parts(self.place.as_ptr(), self.size) };
        pattern::is_all(bytes, byte)
    }

    fn free<C: Config>(self, heap: &BrkHeap<C>) {
        // SAFETY: these tests free what they took, once, on the same heap.
        unsafe { heap.dealloc(self.place.as_ptr(), layout(self.size)) };
    }
}

/// A heap, and what was resident before it had anything.
struct Measured<C: Config> {
    heap: &'static BrkHeap<C>,
    before: usize,
}

impl<C: Config> Measured<C> {
    fn of(heap: &'static BrkHeap<C>) -> Self {
        Self { heap, before: resident() }
    }

    /// Fails if more is resident than there was, and `most`.
    fn at_most(&self, most: usize, when: &str) {
        let now = resident().saturating_sub(self.before);
        println!("{:7} KiB of at most {:7} {when}: {}", now / KIB, most / KIB, self.heap.config());
        assert!(now <= most, "{now} bytes of at most {most} {when}: {}", self.heap.config());
    }

    /// Fails if less is resident than there was, and `least`.
    fn at_least(&self, least: usize, when: &str) {
        let now = resident().saturating_sub(self.before);
        assert!(least <= now, "{now} bytes of at least {least} {when}: {}", self.heap.config());
    }

    fn trim(&self) -> usize {
        self.heap.config().trim.expect("it gives back by itself")
    }

    /// What may be resident of a heap that has `live` bytes in use after frees amid its arena: the
    /// quota of a sweep, and the pages at both ends of what were large chunks at the sweep before.
    fn swept(&self, live: usize) -> usize {
        live + live / 4 + self.heap.stats().committed * 9 / 32 + self.trim()
    }

    /// Fails unless all but `live` and `rest` goes back when asked for.
    fn by_hand(&self, live: usize, rest: usize) {
        self.heap.trim();
        self.at_most(live.saturating_add(rest), "after `HEAP.trim()`");
    }

    /// Fails unless a block of zeros, taken from what went back, is all zero.
    fn is_zero(&self, size: usize) {
        // SAFETY: the size is not 0.
        let block = unsafe { self.heap.alloc_zeroed(layout(size)) };
        let block = NonNull::new(block).expect("there is memory");
        let block = Block { place: block, size };
        assert!(block.is_all(0), "{size} bytes: {}", self.heap.config());
        block.free(self.heap);
        assert_eq!(self.heap.check(), Ok(()));
    }
}

/// Tests, each on a heap of its own.
macro_rules! tests {
    ($($name:ident $options:tt: $what:expr;)+) => {
        $(
            #[test]
            fn $name() {
                #[brk_heap $options]
                static HEAP: BrkHeap;
                let _alone = alone();
                $what(&HEAP);
            }
        )+
    };
}

/// Large enough that what stays of it by half, or by a sixteenth, is more than `trim`.
const LARGE: usize = 64 * MIB;

fn one_block<C: Config>(heap: &'static BrkHeap<C>) {
    let measured = Measured::of(heap);
    // Both fresh, and where it went back before.
    for when in ["after the first free", "after the second"] {
        let block = Block::take(heap, LARGE);
        measured.at_least(LARGE, "in use");
        block.free(heap);
        measured.at_most(measured.trim() + SOME_PAGES, when);
    }
    measured.by_hand(0, MIB);
    measured.is_zero(LARGE);
}

tests! {
    a_large_block_goes_back_when_it_is_freed
        (source = "mmap", policy = "segregated_fit"): one_block;
    a_large_block_goes_back_with_a_cache (source = "mmap"): one_block;
    a_large_block_goes_back_with_first_fit (source = "mmap", policy = "first_fit"): one_block;
}

/// Takes a block again and again, until what is free of it stays; then waits until it goes back all the same.
fn taken_again<C: Config>(heap: &'static BrkHeap<C>) {
    const SIZE: usize = 8 * MIB;
    let measured = Measured::of(heap);
    let once = || {
        Block::take(heap, SIZE).free(heap);
        resident().saturating_sub(measured.before)
    };
    for when in ["after the first free", "after the second"] {
        once();
        measured.at_most(measured.trim() + SOME_PAGES, when);
    }
    let stays = (0..100).any(|_| SIZE - SOME_PAGES <= once());
    assert!(stays, "what is taken each time stays at last: {}", heap.config());
    let begun = Instant::now();
    let mut times = 0;
    while begun.elapsed() < Duration::from_millis(600) {
        times += usize::from(once() < SIZE / 2);
    }
    assert!(times <= 1, "{times} times within a second: {}", heap.config());
    std::thread::sleep(Duration::from_millis(1100));
    // As much as the heap frees between two looks at the clock.
    Block::take(heap, measured.trim()).free(heap);
    measured.at_most(measured.trim() + SOME_PAGES, "a second later");
    measured.is_zero(SIZE);
    // More than may stay goes back each time.
    let most = (128 * measured.trim()).min(128 * MIB);
    for _ in 0..4 {
        Block::take(heap, most + MIB).free(heap);
        measured.at_most(measured.trim() + SOME_PAGES, "of more than may stay");
    }
}

tests! {
    what_is_taken_again_stays_for_a_second
        (source = "mmap", trim = "128KiB", policy = "segregated_fit"): taken_again;
    what_is_taken_again_stays_for_a_second_with_a_cache
        (source = "mmap", trim = "128KiB"): taken_again;
}

/// Takes and frees the same blocks below one that stays, and counts how often their pages go back.
fn taken_again_amid<C: Config>(heap: &'static BrkHeap<C>) {
    const COUNT: usize = 64;
    const SIZE: usize = 256 * KIB;
    let mut blocks = [Block::NONE; COUNT];
    let measured = Measured::of(heap);
    let begun = Instant::now();
    let (mut pin, mut sweeps) = (None, 0);
    while begun.elapsed() < Duration::from_millis(1500) {
        for block in &mut blocks {
            *block = Block::take(heap, SIZE);
        }
        pin.get_or_insert_with(|| Block::take(heap, SIZE));
        let full = resident();
        for block in &blocks {
            block.free(heap);
        }
        sweeps += usize::from(resident() + SIZE / 2 < full);
    }
    assert!(sweeps <= 5, "{sweeps} times: {}", heap.config());
    assert!(0 < sweeps, "never: {}", heap.config());
    if let Some(pin) = pin {
        assert!(pin.is_all(0xE5), "what is in use stays");
        pin.free(heap);
    }
    measured.by_hand(0, MIB);
}

tests! {
    what_is_taken_again_amid_the_arena_goes_back_less_often
        (source = "mmap", policy = "segregated_fit"): taken_again_amid;
    what_is_taken_again_amid_the_arena_goes_back_less_often_with_a_cache
        (source = "mmap"): taken_again_amid;
}

/// Puts the blocks in an order that seems random.
fn shuffle(blocks: &mut [Block]) {
    let mut random = Random(11);
    for end in (1..blocks.len()).rev() {
        blocks.swap(end, random.below(end + 1));
    }
}

/// So many buffers of 64 KiB to 1 MiB.
fn buffers<C: Config>(heap: &BrkHeap<C>, count: usize) -> Vec<Block> {
    let mut random = Random(5);
    (0..count).map(|_| Block::take(heap, 64 * KIB + random.below(960 * KIB + 1))).collect()
}

fn sum(blocks: &[Block]) -> usize {
    blocks.iter().map(|block| block.size).sum()
}

/// Frees nine of ten buffers; when asked for the rest, the heap keeps `rest` bytes of it at most.
fn nine_of_ten<C: Config>(heap: &'static BrkHeap<C>, rest: usize) {
    let measured = Measured::of(heap);
    // The first and the last stay, so that nothing joins the top.
    let mut freed = buffers(heap, 501);
    let kept: Vec<Block> = (0..=50).rev().map(|tenth| freed.remove(10 * tenth)).collect();
    measured.at_least(sum(&kept) + sum(&freed), "in use");
    shuffle(&mut freed);
    for block in &freed {
        block.free(heap);
    }
    measured.at_most(measured.swept(sum(&kept)), "after the frees");
    measured.by_hand(sum(&kept), rest);
    // Where the buffers were, and at the top.
    for size in [800 * KIB, 800 * KIB, sum(&freed) / 2] {
        measured.is_zero(size);
    }
    for block in &kept {
        assert!(block.is_all(0xE5), "what is in use stays");
        block.free(heap);
    }
}

tests! {
    nine_of_ten_buffers_amid_the_arena_go_back
        (source = "mmap", policy = "segregated_fit"): |heap| nine_of_ten(heap, MIB);
    nine_of_ten_buffers_go_back_with_a_cache (source = "mmap"): |heap| nine_of_ten(heap, MIB);
    nine_of_ten_buffers_go_back_with_first_fit
        (source = "mmap", policy = "first_fit"): |heap| nine_of_ten(heap, ANY);
}

const SMALL: usize = 2000;

/// Frees so many small blocks in an order, all but the last `kept`.
fn small<C: Config>(
    heap: &'static BrkHeap<C>,
    kept: usize,
    arrange: fn(&mut [Block]),
    rest: usize,
) {
    // Before anything is measured, each page of the table is there.
    let mut blocks = vec![Block { size: 1, ..Block::NONE }; 200_000];
    let measured = Measured::of(heap);
    for block in &mut blocks {
        *block = Block::take(heap, SMALL);
    }
    measured.at_least(sum(&blocks), "in use");
    let end = blocks.len() - kept;
    let (freed, kept) = blocks.split_at_mut(end);
    arrange(freed);
    for block in &*freed {
        block.free(heap);
    }
    measured.at_most(measured.swept(sum(kept)), "after the frees");
    measured.by_hand(sum(kept), rest);
    measured.is_zero(100 * MIB);
    for block in kept {
        assert!(block.is_all(0xE5), "what is in use stays");
        block.free(heap);
    }
}

tests! {
    small_blocks_go_back_from_the_first_to_the_last
        (source = "mmap", policy = "segregated_fit"): |heap| small(heap, 0, |_| (), MIB);
    small_blocks_go_back_from_the_first_to_the_last_with_a_cache
        (source = "mmap"): |heap| small(heap, 0, |_| (), MIB);
    small_blocks_go_back_from_the_first_to_the_last_with_first_fit
        (source = "mmap", policy = "first_fit"): |heap| small(heap, 0, |_| (), MIB);
    small_blocks_go_back_from_the_last_to_the_first
        (source = "mmap", policy = "segregated_fit"): |heap| small(heap, 0, <[_]>::reverse, MIB);
    small_blocks_go_back_from_the_last_to_the_first_with_a_cache
        (source = "mmap"): |heap| small(heap, 0, <[_]>::reverse, MIB);
    small_blocks_go_back_from_the_last_to_the_first_with_first_fit
        (source = "mmap", policy = "first_fit"): |heap| small(heap, 0, <[_]>::reverse, MIB);
    small_blocks_go_back_in_any_order
        (source = "mmap", policy = "segregated_fit"): |heap| small(heap, 0, shuffle, MIB);
    small_blocks_go_back_in_any_order_with_a_cache
        (source = "mmap"): |heap| small(heap, 0, shuffle, MIB);
    small_blocks_go_back_in_any_order_with_first_fit
        (source = "mmap", policy = "first_fit"): |heap| small(heap, 0, shuffle, ANY);
    small_blocks_below_one_that_stays_go_back_in_any_order
        (source = "mmap", policy = "segregated_fit"): |heap| small(heap, 1, shuffle, MIB);
    small_blocks_below_one_that_stays_go_back_from_the_first_to_the_last
        (source = "mmap", policy = "segregated_fit"): |heap| small(heap, 1, |_| (), MIB);
}

fn keeps<C: Config>(heap: &'static BrkHeap<C>) {
    let measured = Measured::of(heap);
    let blocks = buffers(heap, 100);
    for block in &blocks {
        block.free(heap);
    }
    measured.at_least(sum(&blocks), "after the frees");
    measured.by_hand(0, MIB);
    measured.is_zero(sum(&blocks));
}

tests! {
    a_heap_that_never_trims_keeps_all
        (source = "mmap", trim = "never", policy = "segregated_fit"): keeps;
    a_heap_that_never_trims_keeps_all_with_a_cache (source = "mmap", trim = "never"): keeps;
}
