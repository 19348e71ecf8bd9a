//! *random actions*: talc's benchmark of that name, rebuilt from its description.
//!
//! ```text
//!   of seven actions   three      allocate
//!                      three      free a random block
//!                      one        reallocate a random block
//!
//!   with fewer than 300 blocks live, none is freed: a block is allocated instead
//!   with 1300 blocks live, none is allocated: a random block is freed instead
//! ```
//!
//! Nothing is live at the beginning. talc has no upper bound: within its 200 ms, the number of live
//! blocks drifts to about a thousand, and would go on with the time. Here the bound keeps it, so that
//! an operation costs the same however long a workload runs.

use super::Slots;
use crate::block::Block;
use crate::meter::Meter;
use crate::random::{Random, Sizes};
use crate::workload::Outcome;

/// Actions between two looks at the clock.
const BATCH: u64 = 1000;

/// The fewest live blocks of which one is freed, and the most.
const LIVE: (usize, usize) = (300, 1300);

/// Of the largest size that is allocated, the one that a block is reallocated to at most.
const GROWS: u32 = 3;

/// The layouts of random blocks: small ones are more frequent, large alignments rare.
#[derive(Debug)]
pub struct Layouts {
    new: Sizes,
    resized: Sizes,
}

impl Layouts {
    /// Blocks of 4 bytes to `most` when they are new, and of 1 byte to `grows` times as many when
    /// they are reallocated.
    ///
    /// A new size is uniform below a bound, which is itself uniform below `most`; that of a
    /// reallocation is uniform.
    #[must_use]
    pub fn new(random: &mut Random, most: u32, grows: u32) -> Self {
        Self { new: random.below_uniform(most), resized: random.uniform(1, most * grows) }
    }

    /// The size and the alignment of a new block. Three of four blocks are aligned to a word, and of
    /// the others three of four to twice as much, and so on.
    #[must_use]
    #[inline]
    pub fn allocated(&self, random: &mut Random) -> (usize, usize) {
        let bits = random.next_u64();
        // The low bits choose the size. One of the bits above is set, so that the shift has an end.
        let zeros = (bits >> 32 | 1 << 16).trailing_zeros();
        (self.new.pick(bits), align_of::<usize>() << (zeros / 2))
    }

    /// The size that a block is reallocated to.
    #[must_use]
    #[inline]
    pub fn resized(&self, random: &mut Random) -> usize {
        self.resized.pick(random.next_u64())
    }
}

/// random-N: an action as above, on blocks of at most `most` bytes, or three times as many once they
/// are reallocated.
#[must_use]
pub fn random_actions(meter: Meter, most: u32) -> Outcome {
    let (fewest, limit) = LIVE;
    let mut random = Random::new(meter.seed);
    let layouts = Layouts::new(&mut random, most, GROWS);
    let mut slots = Slots::empty(limit);
    let (mut count, mut live, mut peak) = (0, 0, 0);
    let mut action = || {
        let choice = random.below(7);
        if choice == 6 && 0 < count {
            let slot = &mut slots[random.below(count)];
            let size = layouts.resized(&mut random);
            *slot = slot.take().map(|block| {
                live = live - block.size() + size;
                block.resized(size)
            });
        } else if count < fewest || (choice < 3 && count < limit) {
            let (size, align) = layouts.allocated(&mut random);
            live += size;
            slots[count] = Some(Block::aligned(size, align));
            count += 1;
        } else {
            count -= 1;
            slots.swap(random.below(count + 1), count);
            slots[count].take().into_iter().for_each(|block| {
                live -= block.size();
                block.free();
            });
        }
        peak = peak.max(live);
    };
    let time = meter.time(|| {
        (0..BATCH).for_each(|_| action());
        BATCH
    });
    Outcome { time, live: peak }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sizes_and_small_alignments_are_more_frequent() {
        let mut random = Random::new(1);
        let layouts = Layouts::new(&mut random, 1000, 3);
        let drawn: Vec<(usize, usize)> =
            (0..10_000).map(|_| layouts.allocated(&mut random)).collect();
        assert!(drawn.iter().all(|(size, align)| (4..1000).contains(size) && 8 <= *align));
        let of_size = |below| drawn.iter().filter(|(size, _)| *size < below).count();
        assert!(of_size(250) > 2 * (10_000 - of_size(500)), "{}, {}", of_size(250), of_size(500));
        let of_align = |align| drawn.iter().filter(|(_, of)| *of == align).count();
        let shares = [8, 16, 32].map(of_align);
        assert!((7200..7800).contains(&shares[0]), "{shares:?}");
        assert!((1600..2100).contains(&shares[1]), "{shares:?}");
        assert!((300..650).contains(&shares[2]), "{shares:?}");
        let resized: Vec<usize> = (0..10_000).map(|_| layouts.resized(&mut random)).collect();
        assert!(resized.iter().all(|size| (1..=3000).contains(size)));
        assert!(resized.iter().filter(|size| 1500 < **size).count() > 4500);
    }
}
