//! *threads*: several threads, each with blocks of its own, or that hand them on.

use super::Slots;
use crate::block::Block;
use crate::meter::Meter;
use crate::random::{Random, Sizes};
use crate::table::Table;
use crate::workload::Outcome;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::collections::VecDeque;
use std::sync::Mutex;

/// Operations between two looks at the clock; in larson, before a table changes hands.
const BATCH: usize = 2000;

/// Frees what a random slot has and allocates in it, so many times.
fn replace(slots: &mut Slots, sizes: &Sizes, random: &mut Random) -> u64 {
    for _ in 0..BATCH {
        let slot = random.below(slots.len());
        slots[slot].take().into_iter().for_each(Block::free);
        slots[slot] = Some(Block::new(sizes.pick(random.next_u64())));
    }
    BATCH as u64
}

/// The generator of one thread.
fn random_of(meter: Meter, thread: usize) -> Random {
    Random::new(meter.seed + 1000 * (1 + thread as u64))
}

/// churn-tN: each thread frees and allocates in a random slot of its own.
///
/// 2000 slots, 16..1024 B.
#[must_use]
pub fn churn(meter: Meter, threads: usize) -> Outcome {
    let sizes = Random::new(meter.seed).log_uniform(16, 1024);
    let sizes = &sizes;
    let time = meter.time_threads(threads, |thread| {
        let mut random = random_of(meter, thread);
        let mut slots = Slots::empty(2000);
        move || replace(&mut slots, sizes, &mut random)
    });
    Outcome { time, live: 0 }
}

/// larson-tN: the same over tables that change hands through a pool every 2000 operations (after
/// Larson and Krishnan 1998).
///
/// 2 N tables of 1000 slots, 16..512 B.
#[must_use]
pub fn larson(meter: Meter, threads: usize) -> Outcome {
    let sizes = Random::new(meter.seed).log_uniform(16, 512);
    let tables: VecDeque<Slots> = (0..2 * threads).map(|_| Slots::empty(1000)).collect();
    let pool = Mutex::new(tables);
    let (sizes, pool) = (&sizes, &pool);
    let time = meter.time_threads(threads, |thread| {
        let mut random = random_of(meter, thread);
        move || {
            let take = || pool.lock().expect("no workload panics").pop_front();
            let mut slots = take().expect("there are two tables a thread");
            let operations = replace(&mut slots, sizes, &mut random);
            pool.lock().expect("no workload panics").push_back(slots);
            operations
        }
    });
    Outcome { time, live: 0 }
}

/// Objects that a ring has room for.
const RING: usize = 1024;
/// After so many objects one side tells the other.
const TOLD: usize = 64;

/// A ring between one thread that allocates and one that frees.
///
/// ```text
///            freed ------------------ allocated
///              v                          v
///  | free ... | object | ... | object | free ... |     both count on and never wrap
/// ```
struct Ring {
    objects: Table<(AtomicPtr<u8>, AtomicU32)>,
    allocated: Apart<AtomicUsize>,
    freed: Apart<AtomicUsize>,
    closed: AtomicBool,
}

/// On a cache line of its own.
#[repr(align(128))]
struct Apart<T>(T);

impl Ring {
    fn new() -> Self {
        Self {
            objects: Table::new(RING, |_| Default::default()),
            allocated: Apart(AtomicUsize::new(0)),
            freed: Apart(AtomicUsize::new(0)),
            closed: AtomicBool::new(false),
        }
    }

    /// Waits until `ready`, or until the other side has ended; whether it is ready.
    fn wait(&self, ready: impl Fn() -> bool) -> bool {
        let mut turns = 0_u32;
        while !ready() {
            if self.closed.load(Ordering::Relaxed) {
                return false;
            }
            turns += 1;
            if turns.is_multiple_of(64) {
                std::thread::yield_now();
            } else {
                core::hint::spin_loop();
            }
        }
        true
    }

    /// Allocates so many objects as the other side is told of at once.
    fn allocate(&self, sizes: &Sizes, random: &mut Random) {
        let begin = self.allocated.0.load(Ordering::Relaxed);
        let room = || begin + TOLD <= self.freed.0.load(Ordering::Acquire) + RING;
        if self.wait(room) {
            for index in begin..begin + TOLD {
                let (address, size) = Block::new(sizes.pick(random.next_u64())).into_parts();
                let object = &self.objects[index % RING];
                object.0.store(address, Ordering::Relaxed);
                object.1.store(size, Ordering::Relaxed);
            }
            self.allocated.0.store(begin + TOLD, Ordering::Release);
        }
    }

    /// Frees what the other side has told of, waiting for some; how many.
    fn free(&self) -> u64 {
        let begin = self.freed.0.load(Ordering::Relaxed);
        let told = || begin + TOLD <= self.allocated.0.load(Ordering::Acquire);
        if !self.wait(told) {
            return 0;
        }
        for index in begin..begin + TOLD {
            let object = &self.objects[index % RING];
            let (address, size) =
                (object.0.load(Ordering::Relaxed), object.1.load(Ordering::Relaxed));
            // SAFETY: the other side took the block apart, told of it, and looks at it no more;
            // `freed` says only afterwards that this place is free.
            unsafe { Block::from_parts(address, size) }.free();
        }
        self.freed.0.store(begin + TOLD, Ordering::Release);
        TOLD as u64
    }
}

/// One end of a ring; when it goes, the other side waits no longer.
struct End<'a>(&'a Ring);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Relaxed);
    }
}

/// pipe-tN: N/2 pairs of threads, one of which allocates what the other frees, through a ring; per
/// object.
///
/// Rings of 1024 objects, told every 64; 16..512 B.
#[must_use]
pub fn pipe(meter: Meter, threads: usize) -> Outcome {
    let sizes = Random::new(meter.seed).log_uniform(16, 512);
    let rings = Table::new(threads / 2, |_| Ring::new());
    let time = meter.time_threads(threads, |thread| {
        let end = End(&rings[thread / 2]);
        let mut random = random_of(meter, thread);
        let sizes = &sizes;
        move || {
            if thread.is_multiple_of(2) {
                end.0.allocate(sizes, &mut random);
                0
            } else {
                end.0.free()
            }
        }
    });
    for ring in rings.iter() {
        while ring.freed.0.load(Ordering::Relaxed) < ring.allocated.0.load(Ordering::Relaxed) {
            ring.free();
        }
    }
    Outcome { time, live: 0 }
}
