//! Every workload of blocks writes both ends of each, and every workload frees what it allocated.
//!
//! What is watched is the process, so this is a program of its own: the standard harness of tests
//! has threads that allocate, too.

use brkalloc_benches::meter::{Budget, Meter};
use brkalloc_benches::workload::{GROUPS, Run, WORKLOADS};
use brkalloc_benches::workloads::hot;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// What nobody has written.
const FRESH: u8 = 0xa5;

/// The C library's allocator, watched.
struct Watched;

static LIVE: AtomicI64 = AtomicI64::new(0);
static FREED: AtomicU64 = AtomicU64::new(0);
static UNTOUCHED: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static HEAP: Watched = Watched;

// SAFETY: the system's allocator serves; both ends of a new block are written, which is the
// caller's to do with as it likes.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as our caller promises.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            // SAFETY: a layout has one byte at least.
            unsafe { block.write(FRESH) };
            // SAFETY: the last byte lies within the block.
            unsafe { block.wrapping_add(layout.size() - 1).write(FRESH) };
            LIVE.fetch_add(1, Ordering::Relaxed);
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: a layout has one byte at least, which the allocator wrote.
        let first = unsafe { block.read() };
        // SAFETY: the same of the last byte.
        let last = unsafe { block.wrapping_add(layout.size() - 1).read() };
        UNTOUCHED.fetch_add(u64::from(first == FRESH || last == FRESH), Ordering::Relaxed);
        FREED.fetch_add(1, Ordering::Relaxed);
        LIVE.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: as our caller promises.
        unsafe { System.dealloc(block, layout) };
    }
}

/// Runs a workload for a moment; what it has left live, what it freed, and how much of that nobody
/// had written.
fn watch(name: &str) -> (i64, u64, u64) {
    let meter = Meter { budget: Budget::Time(40_000_000), seed: 1 };
    let workload = WORKLOADS.iter().find(|workload| workload.name == name).expect("a name");
    let figures = || (LIVE.load(Ordering::Relaxed), FREED.load(Ordering::Relaxed));
    let (live, freed) = figures();
    UNTOUCHED.store(0, Ordering::Relaxed);
    let outcome = match workload.run {
        Run::Fixed(size) => hot::fixed(meter, &HEAP, size),
        Run::Global(run) => run(meter),
    };
    assert!(0.0 < outcome.time && outcome.time.is_finite(), "{name}: {outcome:?}");
    let (live_now, freed_now) = figures();
    (live_now - live, freed_now - freed, UNTOUCHED.load(Ordering::Relaxed))
}

fn names(group: &str) -> &'static [&'static str] {
    let group = GROUPS.iter().find(|with| with.name == group);
    group.expect("a group").workloads
}

fn one_thread_writes_every_block_and_frees_it() {
    for name in ["hot", "live", "random actions"].into_iter().flat_map(names) {
        let (left, freed, untouched) = watch(name);
        assert_eq!((left, untouched), (0, 0), "{name}: left, untouched");
        assert!(1000 <= freed, "{name}: {freed}");
    }
}

fn threads_write_every_block_but_their_own_and_free_it() {
    /// What the standard library allocates for a thread, and does not write to the end.
    const FOR_A_THREAD: u64 = 16;
    for name in names("threads") {
        let (left, freed, untouched) = watch(name);
        assert_eq!(left, 0, "{name}: left");
        assert!(untouched <= 4 * FOR_A_THREAD && 1000 <= freed, "{name}: {untouched} of {freed}");
    }
}

fn programs_and_traces_free_what_they_allocated() {
    for name in ["programs", "traces"].into_iter().flat_map(names) {
        let (left, freed, _) = watch(name);
        assert_eq!(left, 0, "{name}: left");
        assert!(20 <= freed, "{name}: {freed}");
    }
}

fn main() {
    // What the standard library keeps once there was a thread.
    std::thread::scope(|scope| scope.spawn(std::thread::yield_now).join()).expect("a thread ends");
    let tests: [(&str, fn()); 3] = [
        ("one thread writes every block and frees it", one_thread_writes_every_block_and_frees_it),
        ("threads do so but for their own", threads_write_every_block_but_their_own_and_free_it),
        (
            "programs and traces free what they allocated",
            programs_and_traces_free_what_they_allocated,
        ),
    ];
    for (name, test) in tests {
        test();
        println!("ok: {name}");
    }
    println!("{} passed, 0 failed", tests.len());
}
