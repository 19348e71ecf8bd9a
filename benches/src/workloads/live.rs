//! *live*: many blocks live at a time, and none of them is freed in the order of allocation.

use super::Slots;
use crate::block::{ALIGN, Block};
use crate::clock::cpu_time;
use crate::meter::{Meter, float};
use crate::random::Random;
use crate::workload::Outcome;

/// Operations between two looks at the clock.
const BATCH: u64 = 1000;

/// live-N: a random block is freed and another allocated in its place.
///
/// N blocks of 16..256 B; before, 1.25 N are allocated and the surplus is freed at random.
#[must_use]
pub fn replace(meter: Meter, count: usize) -> Outcome {
    let mut random = Random::new(meter.seed);
    let sizes = random.log_uniform(16, 256);
    let mut slots = Slots::empty(count + count / 4);
    let mut live = 0;
    for slot in slots.iter_mut() {
        let size = sizes.pick(random.next_u64());
        live += size;
        *slot = Some(Block::new(size));
    }
    for last in (count..slots.len()).rev() {
        let surplus = random.below(last + 1);
        slots.swap(surplus, last);
        slots[last].take().into_iter().for_each(Block::free);
    }
    let slots = &mut slots[..count];
    let time = meter.time(|| {
        for _ in 0..BATCH {
            let slot = &mut slots[random.below(count)];
            slot.take().into_iter().for_each(Block::free);
            *slot = Some(Block::new(sizes.pick(random.next_u64())));
        }
        BATCH
    });
    Outcome { time, live }
}

/// actions: a random slot is filled if it is empty; else, once in four times, its block is
/// reallocated, else freed.
///
/// 8192 slots, 8 B..32 KiB; one in eight allocations is aligned to 16, 32, 64 or 128.
#[must_use]
pub fn actions(meter: Meter) -> Outcome {
    const SLOTS: usize = 8192;
    let mut random = Random::new(meter.seed);
    let sizes = random.log_uniform(8, 32 << 10);
    let mut slots = Slots::empty(SLOTS);
    let (mut live, mut peak) = (0, 0);
    let mut action = || {
        let slot = &mut slots[random.below(SLOTS)];
        let choice = random.next_u64();
        let size = sizes.pick(choice >> 20);
        *slot = match slot.take() {
            None => {
                let align = if choice.is_multiple_of(8) { 16 << (choice >> 3 & 3) } else { ALIGN };
                live += size;
                Some(Block::aligned(size, align))
            }
            Some(block) if choice.is_multiple_of(4) => {
                live = live - block.size() + size;
                Some(block.resized(size))
            }
            Some(block) => {
                live -= block.size();
                block.free();
                None
            }
        };
        peak = peak.max(live);
    };
    let time = meter.time(|| {
        (0..BATCH).for_each(|_| action());
        BATCH
    });
    Outcome { time, live: peak }
}

/// Bytes that live at the end of each phase of [`shifting`].
pub const SHIFTING_LIVE: usize = 32 << 20;

/// The least and the largest size of each phase.
const PHASES: [(u32, u32); 10] = [
    (16, 64),
    (512, 1024),
    (64, 128),
    (4096, 8192),
    (32, 48),
    (2048, 3072),
    (100, 400),
    (16_384, 65_536),
    (24, 96),
    (1024, 4096),
];

/// frag: the sizes of what lives shift; per block. A fixed task, whatever the time it takes.
///
/// In each of ten phases a random tenth of what lives is kept, and 32 MiB are filled up with blocks
/// of the phase's sizes, every byte of them written.
#[must_use]
pub fn shifting(meter: Meter) -> Outcome {
    let mut random = Random::new(meter.seed);
    let sizes = PHASES.map(|(least, most)| random.uniform(least, most));
    let mut slots = Slots::empty(1 << 20);
    let (mut count, mut live, mut peak, mut taken) = (0, 0, 0, 0);
    let begin = cpu_time();
    for sizes in &sizes {
        for kept in 0..count / 10 {
            slots.swap(kept, kept + random.below(count - kept));
        }
        for slot in &mut slots[count / 10..count] {
            let block = slot.take().expect("slots are filled from below");
            live -= block.size();
            block.free();
        }
        count /= 10;
        loop {
            let size = sizes.pick(random.next_u64());
            if SHIFTING_LIVE < live + size {
                break;
            }
            let block = Block::new(size);
            block.fill();
            live += size;
            slots[count] = Some(block);
            count += 1;
            taken += 1;
        }
        peak = peak.max(live);
    }
    Outcome { time: float(cpu_time() - begin) / float(taken), live: peak }
}
