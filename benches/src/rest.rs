//! A server that alternates between bursts and rest, an hour's pattern in a minute.
//!
//! ```text
//!   live    200 MiB   ┌────┐           ┌────┐
//!                     │    │           │    │              a burst: about a second of four threads
//!             4 MiB ──┘    └───────────┘    └───────────   rest: a second of nothing
//!                                      ^ resident            ^ resident
//! ```
//!
//! In a burst, each of four threads fills a table of slots, frees and allocates in random ones, and then
//! frees all but each fiftieth block: the sessions that stay. Every block is written from end to end. The
//! tables change hands before each burst, so that what stays is freed by another thread. A burst is so
//! many operations, whatever time they take. Fifteen of sixteen blocks have 16..1024 B, the others
//! 1..128 KiB.

use crate::block::Block;
use crate::clock::process_cpu_time;
use crate::machine::page_faults;
use crate::random::{Random, Sizes};
use crate::workloads::Slots;
use core::time::Duration;
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// Threads of the server.
const THREADS: usize = 4;

/// Slots of each table: 50 MiB at those sizes.
const SLOTS: usize = 28_000;

/// What a thread frees and allocates in a burst besides.
const OPERATIONS: usize = 600_000;

/// Of so many blocks, one stays over a rest.
const STAYS: usize = 50;

/// How long nothing happens.
const REST: Duration = Duration::from_secs(1);

/// What the sizes of blocks are drawn from.
struct Kinds {
    small: Sizes,
    middle: Sizes,
}

impl Kinds {
    fn block(&self, random: u64) -> Block {
        let sizes = if random.is_multiple_of(16) { &self.middle } else { &self.small };
        let block = Block::new(sizes.pick(random >> 4));
        block.fill();
        block
    }
}

/// One thread's part of a burst.
fn burst(slots: &mut Slots, kinds: &Kinds, random: &mut Random) {
    for slot in 0..SLOTS {
        slots[slot].take().into_iter().for_each(Block::free);
        slots[slot] = Some(kinds.block(random.next_u64()));
    }
    for _ in 0..OPERATIONS {
        let slot = random.below(SLOTS);
        slots[slot].take().into_iter().for_each(Block::free);
        slots[slot] = Some(kinds.block(random.next_u64()));
    }
    let stays = random.below(STAYS);
    for slot in (0..SLOTS).filter(|slot| slot % STAYS != stays) {
        slots[slot].take().into_iter().for_each(Block::free);
    }
}

/// Bytes that are resident and no file's, less those of the tables.
fn resident() -> usize {
    let maps =
        std::fs::read_to_string("/proc/self/smaps_rollup").expect("the benches run on Linux");
    let line = maps.lines().find_map(|line| line.strip_prefix("Anonymous:")).expect("it is there");
    let digits = line.trim_matches(|c: char| !c.is_ascii_digit());
    let bytes = digits.parse::<usize>().expect("a number of kilobytes") * 1024;
    bytes.saturating_sub(crate::table::peak())
}

/// Runs so many rounds, and prints a line after the rest of each: the nanoseconds of its burst, those
/// of all threads on a core, the page faults of both, the bytes resident at the end of the rest, and
/// those that live then.
pub fn run(seed: u64, rounds: u64) {
    let mut random = Random::new(seed);
    let kinds =
        &Kinds { small: random.log_uniform(16, 1024), middle: random.log_uniform(1024, 128 << 10) };
    let tables = &[(); THREADS].map(|()| Mutex::new(Slots::empty(SLOTS)));
    let lock =
        |number: usize| tables[number % THREADS].lock().unwrap_or_else(PoisonError::into_inner);
    let barrier = &Barrier::new(THREADS + 1);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let mut random = Random::new(seed + 1000 * (1 + number as u64));
            scope.spawn(move || {
                for round in 0..usize::try_from(rounds).unwrap_or(usize::MAX) {
                    barrier.wait();
                    burst(&mut lock(number + round), kinds, &mut random);
                    barrier.wait();
                }
            });
        }
        for _ in 0..rounds {
            let before = (Instant::now(), process_cpu_time(), page_faults(libc::RUSAGE_SELF));
            barrier.wait();
            barrier.wait();
            let time = before.0.elapsed().as_nanos();
            let busy = process_cpu_time() - before.1;
            thread::sleep(REST);
            let (resident, faults) = (resident(), page_faults(libc::RUSAGE_SELF) - before.2);
            let live =
                |number| lock(number).iter().flatten().map(|block| block.size()).sum::<usize>();
            let live: usize = (0..THREADS).map(live).sum();
            println!("{time} {busy} {faults} {resident} {live}");
        }
    });
}
