//! Blocks of 1 to 64 bytes, each size as often as any other, aligned to a word, until the first that the heap refuses:
//! the sum of what was asked for, in tenths of a percent of the arena.

use crate::ARENA;
use alloc::alloc::alloc;
use core::alloc::Layout;
use cortex_m_semihosting::hprintln;

/// Sequences of random sizes, over which the heap is filled anew.
const SEEDS: u32 = 16;

pub(crate) fn run() {
    let mut blocks = [(core::ptr::null_mut(), Layout::new::<u32>()); ARENA / 8];
    let mut payload = 0;
    for seed in 1..=SEEDS {
        let mut state = seed * 0x9e37_79b9;
        let mut count = 0;
        for slot in &mut blocks {
            // Xorshift (Marsaglia 2003).
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let size = (state >> 8) as usize % 64 + 1;
            let Ok(layout) = Layout::from_size_align(size, 4) else { break };
            // SAFETY: the size is not 0.
            let block = unsafe { alloc(layout) };
            if block.is_null() {
                break;
            }
            payload += size;
            *slot = (block, layout);
            count += 1;
        }
        for &(block, layout) in blocks.iter().take(count) {
            // SAFETY: the heap has handed it out with this layout.
            unsafe { alloc::alloc::dealloc(block, layout) };
        }
    }
    hprintln!("payload {}", payload * 1000 / (ARENA * SEEDS as usize));
}
