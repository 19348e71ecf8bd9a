//! How often, and for how long, a workload holds the locks of its heap: what the programs `counted_*` do.
//!
//! ```text
//!  counted_default WORKLOAD SEED MILLISECONDS
//!
//!    Requests ─► BrkHeap with stats = "counters"     prints: requests; acquisitions of the heap's lock,
//!    counts what the program asks for                nanoseconds held; acquisitions of the locks of size
//!                                                    classes, those of the busiest, nanoseconds it was held;
//!                                                    nanoseconds of one reading of the clock
//! ```
//!
//! The workload runs twice, and the second time counts: the heap has its memory from the first. With no
//! milliseconds, each thread does one batch, which is a round of 800 requests to the server. It does not divide:
//! that is `bin/lock_bound`'s.

use crate::meter::{Budget, Meter};
use crate::workload::{Run, WORKLOADS};
use brkalloc::{BrkHeap, Config};
use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::fmt;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::process::ExitCode;
use std::time::Instant;

/// So many threads count on a line of their own.
const LINES: usize = 128;

/// On a cache line of its own.
#[repr(align(128))]
struct Line(AtomicU64);

static COUNTS: [Line; LINES] = [const { Line(AtomicU64::new(0)) }; LINES];
static THREADS: AtomicUsize = AtomicUsize::new(0);

std::thread_local! {
    /// The thread's line, and one beyond all for a thread that has none yet.
    static LINE: Cell<usize> = const { Cell::new(LINES) };
}

/// Counts a request of this thread.
fn count() {
    let line = LINE.with(|line| {
        if line.get() == LINES {
            line.set(THREADS.fetch_add(1, Relaxed) % LINES);
        }
        line.get()
    });
    COUNTS[line].0.fetch_add(1, Relaxed);
}

/// A heap in front of which requests are counted: an allocation, a free and a reallocation are one each.
pub struct Requests(&'static (dyn GlobalAlloc + Sync));

impl Requests {
    /// Counts what goes to `heap`.
    #[must_use]
    pub const fn of(heap: &'static (dyn GlobalAlloc + Sync)) -> Self {
        Self(heap)
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").finish_non_exhaustive()
    }
}

// SAFETY: the heap behind it serves; counting allocates nothing.
unsafe impl GlobalAlloc for Requests {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as our caller promises.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as our caller promises.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count();
        // SAFETY: as our caller promises.
        unsafe { self.0.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as our caller promises.
        unsafe { self.0.realloc(block, layout, size) }
    }
}

/// What [`run`] prints but for the last, so far.
type Figures = [u64; 6];

fn figures<C: Config>(heap: &BrkHeap<C>) -> Figures {
    let requests = COUNTS.iter().map(|line| line.0.load(Relaxed)).sum();
    let operations = heap.stats().operations.expect("the heaps of this bench count");
    let held = [operations.held, operations.busiest_held].map(|held| {
        let held = held.expect("the benches run on Linux");
        u64::try_from(held.as_nanos()).unwrap_or(u64::MAX)
    });
    let (handovers, busiest) = (operations.handovers, operations.busiest_handovers);
    [requests, operations.acquisitions, held[0], handovers, busiest, held[1]]
}

/// What was added.
fn added(before: Figures, after: Figures) -> Figures {
    core::array::from_fn(|index| after[index].saturating_sub(before[index]))
}

/// Nanoseconds between two readings of the clock with nothing in between.
fn reading() -> f64 {
    const READINGS: u32 = 1_000_000;
    let begin = Instant::now();
    for _ in 0..READINGS {
        core::hint::black_box(Instant::now());
    }
    begin.elapsed().as_secs_f64() * 1e9 / f64::from(READINGS)
}

/// Runs the workload that the arguments name, whose global allocator is a [`Requests`] of `heap`.
#[must_use]
pub fn run<C: Config>(heap: &BrkHeap<C>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().ok();
    let asked = match words[..] {
        [name, seed, milliseconds] => number(seed).zip(number(milliseconds)).zip(
            WORKLOADS.iter().find(|workload| workload.name == name).and_then(|workload| {
                match workload.run {
                    Run::Global(run) => Some(run),
                    Run::Fixed(_) => None,
                }
            }),
        ),
        _ => None,
    };
    let Some(((seed, milliseconds), workload)) = asked else {
        eprintln!("usage: WORKLOAD SEED MILLISECONDS");
        return ExitCode::FAILURE;
    };
    let budget = match milliseconds {
        0 => Budget::Batches(1),
        _ => Budget::Time(milliseconds * 1_000_000),
    };
    workload(Meter { budget: Budget::Time(1_000_000), seed });
    let reading = reading();
    // The figures of a walk do not have itself, but the next ones have it.
    let earlier = figures(heap);
    let before = figures(heap);
    workload(Meter { budget, seed: seed + 1 });
    let with_walk = added(before, figures(heap));
    for figure in added(added(earlier, before), with_walk) {
        print!("{figure} ");
    }
    println!("{reading}");
    ExitCode::SUCCESS
}
