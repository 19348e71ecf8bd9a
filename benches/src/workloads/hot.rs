//! *hot*: what is freed at once, or soon, in the order of allocation or against it.

use super::Slots;
use crate::block::{ALIGN, Block, touched};
use crate::meter::Meter;
use crate::random::{Random, Sizes};
use crate::workload::Outcome;
use core::alloc::{GlobalAlloc, Layout};
use core::hint::black_box;
use std::alloc::{alloc, dealloc};

/// Pairs between two looks at the clock.
const PAIRS: u64 = 10_000;

/// Blocks of a batch.
const BATCH: usize = 1000;

/// fixed-N: a block of `size` bytes is allocated and freed, through the heap itself.
///
/// The layout is the same in all of the loop, so a heap whose calls are inlined finds the class of
/// the size once: `gfixed-64` is the fairer row.
pub fn fixed(meter: Meter, heap: &impl GlobalAlloc, size: usize) -> Outcome {
    let layout = black_box(Layout::from_size_align(size, ALIGN).expect("small sizes are sound"));
    let time = meter.time(|| {
        for _ in 0..PAIRS {
            // SAFETY: the size is not 0.
            let block = black_box(touched(unsafe { heap.alloc(layout) }, size));
            // SAFETY: the heap has just handed it out for that layout.
            unsafe { heap.dealloc(block.as_ptr(), layout) };
        }
        PAIRS
    });
    Outcome { time, live: size }
}

/// gfixed-64: the same for 64 bytes, through the functions of the global allocator, the layout a
/// constant.
#[must_use]
pub fn global_fixed(meter: Meter) -> Outcome {
    let time = meter.time(|| {
        pairs_of_64(PAIRS);
        PAIRS
    });
    Outcome { time, live: 64 }
}

/// So many times, 64 bytes are allocated and freed.
pub fn pairs_of_64(count: u64) {
    const LAYOUT: Layout = Layout::new::<[u64; 8]>();
    for _ in 0..count {
        // SAFETY: the size is not 0.
        let block = black_box(touched(unsafe { alloc(LAYOUT) }, LAYOUT.size()));
        // SAFETY: it has just been handed out for that layout.
        unsafe { dealloc(block.as_ptr(), LAYOUT) };
    }
}

/// lifo: 1000 blocks of 16..512 B, freed newest first; per block.
#[must_use]
pub fn lifo(meter: Meter) -> Outcome {
    batches(meter, |blocks| blocks.iter_mut().rev().filter_map(Option::take).for_each(Block::free))
}

/// fifo: the same, freed oldest first.
#[must_use]
pub fn fifo(meter: Meter) -> Outcome {
    batches(meter, |blocks| blocks.iter_mut().filter_map(Option::take).for_each(Block::free))
}

fn batches(meter: Meter, free: impl Fn(&mut [Option<Block>])) -> Outcome {
    let mut random = Random::new(meter.seed);
    let sizes: Sizes = random.log_uniform(16, 512);
    let mut blocks = Slots::empty(BATCH);
    let mut live = 0;
    let time = meter.time(|| {
        let mut taken = 0;
        for slot in blocks.iter_mut() {
            let size = sizes.pick(random.next_u64());
            taken += size;
            *slot = Some(Block::new(size));
        }
        live = live.max(taken);
        free(&mut blocks);
        BATCH as u64
    });
    Outcome { time, live }
}
