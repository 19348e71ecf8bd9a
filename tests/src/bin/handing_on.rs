//! Threads that hand objects on for some seconds: `handing_on SECONDS`, three if nothing is said.
//!
//! Four threads in a ring, on a heap with a cache. Each makes objects of sizes that shift, hands every one to the
//! next thread, and frees those that come from the one before: no thread ever frees what it made. What the process
//! has resident is written down twenty times; it must be flat: in the last third of them, in the mean, at most 1.25
//! times what it was in the second. It swings, because each thread shifts its sizes by itself; one object lost in a
//! hundred would be more than that after two seconds.

use brkalloc::{BrkHeap, brk_heap};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

#[global_allocator]
#[brk_heap(cache = "1MiB")]
static HEAP: BrkHeap;

const THREADS: usize = 4;

/// Objects that one thread has waiting for it, at most.
const WAITING: usize = 2000;

const SAMPLES: u32 = 20;

static OVER: AtomicBool = AtomicBool::new(false);

/// Objects that came to their end.
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// Makes objects for the next thread, and ends those of the one before.
fn hand_on(seed: usize, before: &Receiver<Vec<u8>>, next: &SyncSender<Vec<u8>>) {
    let mut number = seed;
    let mut ended = 0;
    while !OVER.load(Ordering::Relaxed) {
        number =
            number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // For a while most are small, then larger ones.
        let most = [64, 300, 1000, 6000][(ended >> 13) % 4];
        let size = (number >> 33) % most + 1;
        let mark = size.to_le_bytes()[0];
        // A full queue is somebody else's to empty; the object is this thread's own to end, then.
        drop(next.try_send(vec![mark; size]));
        for object in before.try_iter().take(2) {
            assert!(object.iter().all(|byte| usize::from(*byte) == object.len() % 256));
            ended += 1;
        }
    }
    ENDED.fetch_add(ended, Ordering::Relaxed);
}

/// Bytes that are resident and no file's.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says it");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("it is there");
    let kilobytes = line.split_whitespace().nth(1).expect("a number");
    kilobytes.parse::<usize>().expect("a number") * 1024
}

fn main() {
    let seconds = std::env::args().nth(1).map_or(3.0, |text| text.parse().expect("seconds"));
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..THREADS).map(|_| sync_channel(WAITING)).unzip();
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
    assert!(after * 4 <= before * 5, "{before} bytes, then {after}");
}
