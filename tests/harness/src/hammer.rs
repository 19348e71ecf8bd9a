//! Four threads side by side: two on C's `malloc`, two on a heap of ours, 360,000 patterned blocks in all.
//!
//! Every byte of every block is looked at before the block is resized or freed. Whoever got memory of
//! the other would overwrite its pattern.

use crate::StaticHeap;
use crate::pattern::Block;
use crate::random::Random;
use brkalloc::Origin;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Barrier;
use std::thread;

/// Until then threads get what they need for themselves.
static START: Barrier = Barrier::new(5);

/// How often memory was short.
static REFUSALS: AtomicUsize = AtomicUsize::new(0);

/// Blocks that each of the four threads makes.
const BLOCKS: usize = 90_000;

/// Blocks that a thread holds at most.
const HELD: usize = 300;

/// What both alignments are: that of `malloc`.
const ALIGN: usize = 16;

/// A heap that can be hammered.
pub trait Hammered: StaticHeap + GlobalAlloc {}
impl<H: StaticHeap + GlobalAlloc> Hammered for H {}

/// Hammers `heap`, which is open, beside C's `malloc`.
///
/// # Panics
///
/// At a wrong byte.
pub fn run(heap: &'static dyn Hammered) {
    assert_eq!(heap.stats().origin, Some(Origin::Break), "the process had one thread");
    is_fenced();
    let mut threads = Vec::new();
    for seed in 0..2 {
        threads.push(thread::spawn(move || hammer(&Malloc, seed)));
        threads.push(thread::spawn(move || hammer(&Heap(heap), seed)));
    }
    START.wait();
    assert_eq!(heap.check(), Ok(()), "amid the work");
    let blocks: usize =
        threads.into_iter().map(|thread| thread.join().expect("no byte is wrong")).sum();
    assert_eq!(heap.check(), Ok(()), "after the work");
    assert_eq!(heap.stats().origin, Some(Origin::Break));
    println!("{blocks} blocks");
    println!("{} refusals", REFUSALS.load(Ordering::Relaxed));
}

/// Nobody can raise the break any more.
fn is_fenced() {
    // SAFETY: the process has one thread, and what a rise would give is used by nobody.
    let rise = unsafe { libc::sbrk(4096) };
    assert_eq!(rise.addr(), usize::MAX, "the room behind the break is a fence");
}

/// Memory to be hammered.
trait Memory {
    /// A block; `None` if there is none.
    fn allocate(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>>;

    /// The block at another size; `None`, with the block as it was, if there is no room.
    ///
    /// # Safety
    ///
    /// It was allocated here, and is in use.
    unsafe fn resize(&self, block: &Block, size: usize) -> Option<NonNull<u8>>;

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// It was allocated here, and is in use.
    unsafe fn free(&self, block: Block);
}

/// The C library's.
struct Malloc;

impl Memory for Malloc {
    fn allocate(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        let place = if zeroed {
            // SAFETY: the call has no precondition.
            unsafe { libc::calloc(1, layout.size()) }
        } else {
            // SAFETY: likewise.
            unsafe { libc::malloc(layout.size()) }
        };
        NonNull::new(place.cast())
    }

    unsafe fn resize(&self, block: &Block, size: usize) -> Option<NonNull<u8>> {
        // SAFETY: the caller vouches for the block.
        NonNull::new(unsafe { libc::realloc(block.place.as_ptr().cast(), size) }.cast())
    }

    unsafe fn free(&self, block: Block) {
        // SAFETY: the caller vouches for the block.
        unsafe { libc::free(block.place.as_ptr().cast()) };
    }
}

/// One of ours.
struct Heap(&'static dyn Hammered);

impl Memory for Heap {
    fn allocate(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        let place = if zeroed {
            // SAFETY: the layout has a size.
            unsafe { self.0.alloc_zeroed(layout) }
        } else {
            // SAFETY: the layout has a size.
            unsafe { self.0.alloc(layout) }
        };
        NonNull::new(place)
    }

    unsafe fn resize(&self, block: &Block, size: usize) -> Option<NonNull<u8>> {
        // SAFETY: the caller vouches for the block.
        NonNull::new(unsafe { self.0.realloc(block.place.as_ptr(), block.layout, size) })
    }

    unsafe fn free(&self, block: Block) {
        // SAFETY: the caller vouches for the block.
        unsafe { self.0.dealloc(block.place.as_ptr(), block.layout) };
    }
}

/// Makes and frees blocks, and looks at every byte; how many there were.
fn hammer(memory: &dyn Memory, seed: u64) -> usize {
    let mut random = Random(seed);
    let mut held = Vec::with_capacity(HELD);
    START.wait();
    for _ in 0..BLOCKS {
        if held.len() == HELD || random.below(400) < held.len() {
            let block: Block = held.swap_remove(random.below(held.len()));
            end(memory, block);
        }
        if !held.is_empty() && random.below(4) == 0 {
            let block = held.swap_remove(random.below(held.len()));
            let size = size(&mut random);
            held.push(resized(memory, block, size));
        }
        let layout = Layout::from_size_align(size(&mut random), ALIGN).expect("sizes are small");
        let block = made(memory, &mut held, &mut random, layout);
        held.push(block);
    }
    for block in held {
        end(memory, block);
    }
    BLOCKS
}

fn size(random: &mut Random) -> usize {
    let most = if random.below(500) == 0 { 300_000 } else { 8000 };
    random.size(most)
}

/// A block; where memory is short, others are freed for it, and then it is a smaller one.
fn made(
    memory: &dyn Memory,
    held: &mut Vec<Block>,
    random: &mut Random,
    mut layout: Layout,
) -> Block {
    let (zeroed, seed) = (random.below(5) == 0, random.number().to_le_bytes()[0]);
    let place = loop {
        if let Some(place) = memory.allocate(layout, zeroed) {
            break place;
        }
        REFUSALS.fetch_add(1, Ordering::Relaxed);
        if let Some(block) = held.pop() {
            end(memory, block);
        } else {
            let half = layout.size().div_ceil(2);
            layout = Layout::from_size_align(half, ALIGN).expect("it is smaller");
            thread::yield_now();
        }
    };
    if zeroed {
        // SAFETY: the bytes were allocated just now, and written.
        let bytes = unsafe { core::slice::from_raw_parts(place.as_ptr(), layout.size()) };
        assert!(bytes.iter().all(|byte| *byte == 0), "a byte at {place:p} is not zero");
    }
    // SAFETY: the bytes were allocated just now.
    unsafe { Block::fill(place, layout, seed) }
}

fn resized(memory: &dyn Memory, mut block: Block, size: usize) -> Block {
    block.verify();
    // SAFETY: the block was allocated from this memory, and is in use.
    match unsafe { memory.resize(&block, size) } {
        // SAFETY: the bytes were allocated just now, in exchange for the block's.
        Some(place) => unsafe { block.moved(place, size) },
        None => block,
    }
}

fn end(memory: &dyn Memory, mut block: Block) {
    block.verify();
    // SAFETY: the block was allocated from this memory, and is in use.
    unsafe { memory.free(block) };
}
