//! A thousand threads that start, allocate and end, twice; and every one leaves a block that another frees.
//!
//! What the process has resident after the second thousand is nearly what it had after the first: a thread's cache ends
//! with it, and what its blocks' slabs held comes back.

use brkalloc::{BrkHeap, brk_heap};
use std::thread;

#[global_allocator]
#[brk_heap(cache = "1MiB")]
static HEAP: BrkHeap;

/// Allocates and frees blocks of all small sizes, and leaves some.
fn live(seed: usize) -> Vec<Vec<u8>> {
    let mut blocks: Vec<Vec<u8>> = (1..200).map(|number| vec![1; number * 37 % 3000 + 1]).collect();
    for round in 0..3 {
        for (number, block) in blocks.iter_mut().enumerate() {
            *block = vec![2; (number * 71 + seed + round) % 5000 + 1];
        }
    }
    blocks.truncate(5);
    blocks
}

/// Whether an emulator runs the program, whose memory is resident, too, and which keeps some of each thread.
fn is_emulated() -> bool {
    std::env::var_os("BRKALLOC_RUNNER").is_some_and(|runner| !runner.is_empty())
}

/// A thousand threads, eight at a time; bytes that are resident afterwards, or committed, under an emulator.
fn thousand() -> usize {
    for first in (0..1000).step_by(8) {
        let threads: Vec<_> =
            (first..first + 8).map(|seed| thread::spawn(move || live(seed))).collect();
        for thread in threads {
            // Freed here, by another thread than the one that made them.
            drop(thread.join().expect("the thread ends well"));
        }
    }
    assert_eq!(HEAP.check(), Ok(()));
    // What is free and would go back later is not what threads have lost.
    HEAP.trim();
    if is_emulated() {
        return HEAP.stats().committed;
    }
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says it");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("it is there");
    let kilobytes = line.split_whitespace().nth(1).expect("a number");
    kilobytes.parse::<usize>().expect("a number") * 1024
}

fn main() {
    let (first, second) = (thousand(), thousand());
    println!("{first} bytes after the first thousand, {second} after the second");
    // How many threads run at a time, and so how much is in use at once, is the scheduler's whim, and even more the
    // emulator's. Caches that were lost with their threads would be a hundred times as much.
    let spare = if is_emulated() { 8 << 20 } else { 1 << 20 };
    assert!(second * 10 <= (first + spare) * 11, "more than 1.1 times as many");
}
