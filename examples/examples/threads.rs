//! Threads hand objects to each other on one heap, which is as empty afterwards as it was before.
//!
//! `cargo run --release --example threads`
//!
//! Parcels go round a ring of threads. One thread allocates a parcel, each on its way looks whether
//! it is intact and resizes it, and the last frees it: no thread knows whose memory it holds.

use brkalloc::{BrkHeap, Stats, brk_heap};
use brkalloc_examples::command_line;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

#[global_allocator]
#[brk_heap(policy = "best_fit", stats = "counters")]
static HEAP: BrkHeap;

const THREADS: usize = 4;
/// Parcels that each thread sends off.
const PARCELS: usize = 2000;
/// Hand-overs of each parcel.
const HOPS: usize = 25;

/// Bytes that all have one value, by which a stranger's would be noticed.
struct Parcel {
    content: Vec<u8>,
    value: u8,
    hops: usize,
}

impl Parcel {
    fn new(number: usize) -> Self {
        let value = (number % 251).to_le_bytes()[0];
        Self { content: vec![value; 16 + number % 500], value, hops: 0 }
    }

    /// Checks the parcel, and makes it larger or smaller for the next.
    fn handle(&mut self) {
        assert!(self.content.iter().all(|byte| *byte == self.value), "a parcel was damaged");
        self.hops += 1;
        let size = 1 + (self.content.len() * 7 + self.hops * 131) % 1000;
        self.content.resize(size, self.value);
        self.content.shrink_to_fit();
    }
}

const HELP: &str = "\
Has threads hand objects to each other on one heap, and compares the heap before
and after.

usage: cargo run --release --example threads";

fn main() -> ExitCode {
    command_line::run(HELP, command_line::nothing, |(), out| program(out))
}

fn program(out: &mut dyn Write) -> io::Result<ExitCode> {
    writeln!(
        out,
        "{THREADS} threads, {PARCELS} parcels from each, {HOPS} hand-overs of each parcel\n"
    )?;
    // What the standard library allocates once for all threads, it has after the first.
    ring(1);
    let before = HEAP.stats();
    let handled = ring(THREADS);
    let after = HEAP.stats();

    assert_eq!(handled, THREADS * PARCELS * HOPS);
    writeln!(out, "hand-overs: {handled}, and every parcel was intact each time")?;
    if let (Some(before), Some(after)) = (before.operations, after.operations) {
        writeln!(out, "allocations: {}", after.allocations - before.allocations)?;
        writeln!(out, "frees: {}", after.frees - before.frees)?;
        writeln!(out, "resized where they stood: {}\n", after.resizes - before.resizes)?;
    }
    print("before", &before, out)?;
    print("after", &after, out)?;
    assert_eq!(before.in_use, after.in_use, "everything is free again");
    assert_eq!(HEAP.check(), Ok(()));
    writeln!(out, "\nEverything is free again, and the heap has been checked: all is well.")?;
    Ok(ExitCode::SUCCESS)
}

fn print(when: &str, stats: &Stats, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{when:<8}{:>6} bytes in use, {:>2} free chunks, high-water mark {:>9} bytes",
        stats.in_use, stats.free_chunks, stats.high_water
    )
}

/// Has `threads` threads hand parcels round; the number of hand-overs.
fn ring(threads: usize) -> usize {
    let (senders, inboxes): (Vec<_>, Vec<_>) = (0..threads).map(|_| channel()).unzip();
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for (place, inbox) in inboxes.into_iter().enumerate() {
            let own = senders[place].clone();
            let next = senders[(place + 1) % threads].clone();
            workers.push(scope.spawn(move || work(own, &inbox, &next)));
        }
        // Now a thread that ends too soon ends the ring, instead of leaving it waiting.
        drop(senders);
        workers.into_iter().map(|worker| worker.join().unwrap_or(0)).sum()
    })
}

/// Sends parcels off to itself first, then handles what comes; how many that were.
fn work(own: Sender<Parcel>, inbox: &Receiver<Parcel>, next: &Sender<Parcel>) -> usize {
    for number in 0..PARCELS {
        own.send(Parcel::new(number)).expect("the inbox is this thread's own");
    }
    drop(own);
    let mut handled = 0;
    // Every parcel makes as many hops, so every thread handles as many as it sent off, times those.
    for mut parcel in inbox.iter().take(PARCELS * HOPS) {
        parcel.handle();
        handled += 1;
        if parcel.hops < HOPS {
            next.send(parcel).expect("the next thread waits for as many parcels");
        }
    }
    handled
}
