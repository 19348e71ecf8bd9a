//! Threads that hand objects on for some seconds: `handing_on SECONDS`, three if nothing is said.
//!
//! Four threads in a ring, on a heap with a cache. Each frees an object that comes from the one before, makes another
//! of any size, and hands that to the next: no thread ever frees what it made. So there are always as many objects,
//! and what the process has resident, written down twenty times, must be flat: in the last third of them, in the
//! mean, at most 1.1 times what it was in the second.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::resident;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

#[global_allocator]
#[brk_heap(cache = "1MiB")]
static HEAP: BrkHeap;

const THREADS: usize = 4;

/// Objects that each thread has waiting for it at first.
const WAITING: usize = 1000;

const SAMPLES: u32 = 20;

static OVER: AtomicBool = AtomicBool::new(false);

/// Objects that came to their end.
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// Objects of sizes that seem random, each filled with what its size says.
fn objects(seed: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut number = seed as u64;
    let below = |number: u64, most: usize| usize::try_from(number % most as u64).unwrap_or(0);
    core::iter::repeat_with(move || {
        number =
            number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Small objects, larger ones, and chunks that threads keep.
        let most = [64, 300, 1000, 6000][below(number >> 61, 4)];
        let size = below(number >> 33, most) + 1;
        vec![size.to_le_bytes()[0]; size]
    })
}

/// Makes an object for the next thread for each of the one before that it ends.
fn hand_on(seed: usize, before: &Receiver<Vec<u8>>, next: &SyncSender<Vec<u8>>) {
    let mut ended = 0;
    for (number, object) in objects(seed).enumerate() {
        if WAITING <= number {
            // The one before has stopped, then.
            let Ok(ending) = before.recv() else { break };
            assert!(ending.iter().all(|byte| usize::from(*byte) == ending.len() % 256));
            ended += 1;
        }
        if OVER.load(Ordering::Relaxed) || next.send(object).is_err() {
            break;
        }
    }
    ENDED.fetch_add(ended, Ordering::Relaxed);
}

fn main() {
    let seconds = std::env::args().nth(1).map_or(3.0, |text| text.parse().expect("seconds"));
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..THREADS).map(|_| sync_channel(THREADS * WAITING)).unzip();
    let threads: Vec<_> = (0..)
        .zip(receivers)
        .map(|(seed, before)| {
            let next = senders[(seed + 1) % THREADS].clone();
            thread::spawn(move || hand_on(seed, &before, &next))
        })
        .collect();
    drop(senders);
    let mut samples = Vec::with_capacity(SAMPLES as usize);
    for number in 1..=SAMPLES {
        thread::sleep(Duration::from_secs_f64(seconds) / SAMPLES);
        samples.push(resident());
        println!(
            "{:5.1} s  {:6} KiB resident",
            seconds / f64::from(SAMPLES) * f64::from(number),
            samples[samples.len() - 1] / 1024
        );
        assert_eq!(HEAP.check(), Ok(()), "amid the work");
    }
    OVER.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().expect("no byte is wrong");
    }
    println!("{} objects were ended by another thread", ENDED.load(Ordering::Relaxed));
    let mean = |samples: &[usize]| samples.iter().sum::<usize>() / samples.len();
    let third = samples.len() / 3;
    let (before, after) = (mean(&samples[third..2 * third]), mean(&samples[2 * third..]));
    println!(
        "{} KiB in the mean of the second third, {} in that of the last",
        before / 1024,
        after / 1024
    );
    assert!(after * 10 <= before * 11, "{before} bytes, then {after}");
}
