//! What segregated fit wastes on buffers that come and go at an alignment, between small blocks that stay, beside what
//! first fit by address does.

use brkalloc_harness::{Placed, configurations};
use brkalloc_oracle::{Coalesce, Order, Policy};
use core::alloc::Layout;
use std::collections::VecDeque;

/// Frames: each frees the oldest of a ring of buffers, makes a new one of the next size, and leaves a small block.
struct Frames {
    align: usize,
    sizes: &'static [usize],
    ring: usize,
    small: usize,
    /// How many small blocks stay; beyond that, the oldest goes.
    kept: usize,
    count: usize,
}

const ALL: usize = usize::MAX;

#[rustfmt::skip]
const INPUTS: [Frames; 14] = [
    Frames { align: 64, sizes: &[300_000, 300_064, 300_128], ring: 4, small: 64, kept: ALL, count: 5_000 },
    Frames { align: 64, sizes: &[300_000, 300_064, 300_128], ring: 4, small: 100, kept: 50, count: 5_000 },
    Frames { align: 4096, sizes: &[4096], ring: 4, small: 64, kept: ALL, count: 5_000 },
    Frames { align: 4096, sizes: &[4096, 8192, 12_288], ring: 8, small: 64, kept: ALL, count: 5_000 },
    Frames { align: 4096, sizes: &[65_536, 69_632, 73_728], ring: 8, small: 200, kept: ALL, count: 5_000 },
    Frames { align: 256, sizes: &[50_000, 50_256, 50_512, 50_768, 51_024], ring: 7, small: 32, kept: 100, count: 5_000 },
    Frames { align: 32, sizes: &[1000, 1032, 1064], ring: 16, small: 24, kept: ALL, count: 20_000 },
    Frames { align: 128, sizes: &[2_073_600, 921_600, 307_200], ring: 6, small: 64, kept: ALL, count: 2_000 },
    Frames { align: 65_536, sizes: &[100, 70_000], ring: 8, small: 64, kept: ALL, count: 2_000 },
    Frames { align: 64, sizes: &[40_000, 39_000, 38_000, 41_000, 37_000, 42_000], ring: 12, small: 500, kept: ALL, count: 5_000 },
    Frames { align: 4096, sizes: &[4096, 16, 4096, 100], ring: 40, small: 300, kept: 1000, count: 10_000 },
    Frames { align: 512, sizes: &[512], ring: 64, small: 48, kept: 2000, count: 20_000 },
    Frames { align: 64, sizes: &[2000, 2064, 2128, 2192, 2256, 2320, 2384, 2448], ring: 29, small: 64, kept: ALL, count: 20_000 },
    Frames { align: 64, sizes: &[2_073_600, 2_073_664, 2_074_240], ring: 5, small: 64, kept: ALL, count: 2_000 },
];

impl Frames {
    /// Runs on a new heap; the farthest byte that was ever in use.
    fn high_water(&self, configured: &dyn configurations::Configured) -> u64 {
        let limit = if usize::BITS < 64 { 512 << 20 } else { 1 << 36 };
        let heap = configured.growing(64 << 10, limit).expect("there is room");
        let placed = Placed::in_window(&*heap);
        let layout = |size, align| Layout::from_size_align(size, align).expect("it is a layout");
        let (mut ring, mut small) = (VecDeque::new(), VecDeque::new());
        for frame in 0..self.count {
            if ring.len() == self.ring {
                ring.pop_front().into_iter().for_each(|block| placed.free(block));
            }
            let buffer = layout(self.sizes[frame % self.sizes.len()], self.align);
            ring.push_back(placed.allocate(buffer).expect("there is room"));
            if small.len() == self.kept {
                small.pop_front().into_iter().for_each(|block| placed.free(block));
            }
            small.push_back(placed.allocate(layout(self.small, 8)).expect("there is room"));
        }
        placed.check();
        placed.high_water()
    }
}

/// The configuration that merges at once and places so, by whichever index has no list.
fn of(policy: Policy, order: Order) -> Box<dyn configurations::Configured> {
    let mut all = configurations::all();
    all.retain(|configured| configured.choice() == (policy, order, Coalesce::Immediate));
    all.into_iter().find(|configured| configured.index() != "list").expect("it has a row")
}

#[test]
fn segregated_fit_reaches_less_than_twice_as_far_as_first_fit_by_address() {
    let first = of(Policy::FirstFit, Order::Address);
    for order in [Order::Fifo, Order::Address] {
        let segregated = of(Policy::SegregatedFit, order);
        for input in &INPUTS {
            let [reached, least] = [&*segregated, &*first].map(|heap| input.high_water(heap));
            let name = format!("{order:?}, {:?} at {}", input.sizes, input.align);
            assert!(reached < 2 * least, "{name}: {reached} bytes, first fit {least}");
        }
    }
}
