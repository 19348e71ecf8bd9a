//! A thread of a real-time priority that waits for one that it preempts: it leaves it the processor.
#![cfg(target_os = "linux")]

use brkalloc::{BrkHeap, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use core::time::Duration;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

/// Time on the processor that the thread of no priority needs under the lock.
const HELD: Duration = Duration::from_millis(20);

/// Binds this thread to the first processor that the process may use.
fn pin() {
    // SAFETY: a set of processors may be all zeros.
    let mut set: libc::cpu_set_t = unsafe { core::mem::zeroed() };
    // SAFETY: the call fills the set, whose size it is told.
    assert_eq!(0, unsafe { libc::sched_getaffinity(0, size_of_val(&set), &raw mut set) });
    let first = (0..1024).find(|number| {
        // SAFETY: a set has a bit for each of 1024 processors.
        unsafe { libc::CPU_ISSET(*number, &set) }
    });
    // SAFETY: as above.
    let mut one: libc::cpu_set_t = unsafe { core::mem::zeroed() };
    // SAFETY: the number is one of the set's.
    unsafe { libc::CPU_SET(first.expect("there is a processor"), &mut one) };
    // SAFETY: the call reads the set, whose size it is told.
    assert_eq!(0, unsafe { libc::sched_setaffinity(0, size_of_val(&one), &raw const one) });
}

/// Time that this thread had on a processor.
fn worked() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills the time.
    assert_eq!(0, unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) });
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("it is less"))
}

/// Gives this thread a real-time priority; whether it may.
fn is_raised() -> bool {
    let priority = libc::sched_param { sched_priority: 10 };
    // SAFETY: the call has no precondition.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: the call concerns this thread, and reads the priority.
    0 == unsafe { libc::pthread_setschedparam(this, libc::SCHED_FIFO, &raw const priority) }
}

/// How long a real-time thread waits for memory while another holds the lock on its processor; `None` where no thread
/// may have such a priority.
fn waited<C: brkalloc::__private::Config>(heap: &'static BrkHeap<C>) -> Option<Duration> {
    static IS_HELD: AtomicBool = AtomicBool::new(false);
    IS_HELD.store(false, SeqCst);
    let layout = Layout::new::<[u64; 4]>();
    // SAFETY: the layout has a size.
    assert!(!unsafe { heap.alloc(layout) }.is_null());
    let both = Barrier::new(2);
    thread::scope(|scope| {
        let high = scope.spawn(|| {
            pin();
            let is_raised = is_raised();
            both.wait();
            while !IS_HELD.load(SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
            let begun = Instant::now();
            // SAFETY: the layout has a size.
            let block = unsafe { heap.alloc(layout) };
            let waited = begun.elapsed();
            // SAFETY: the heap handed it out.
            unsafe { heap.dealloc(block, layout) };
            is_raised.then_some(waited)
        });
        scope.spawn(|| {
            pin();
            both.wait();
            heap.for_each_chunk(|_| {
                let until = worked() + HELD;
                while !IS_HELD.swap(true, SeqCst) || worked() < until {}
            });
        });
        high.join().expect("it ends")
    })
}

#[test]
fn a_real_time_thread_leaves_the_processor_to_who_holds_the_lock() {
    #[brk_heap(source = "mmap", lock = "spin", policy = "first_fit")]
    static SPIN: BrkHeap;
    #[brk_heap(source = "mmap", lock = "os", policy = "first_fit")]
    static OS: BrkHeap;
    for waited in [waited(&SPIN), waited(&OS)] {
        let Some(waited) = waited else {
            return eprintln!("skipped: no thread may have a real-time priority here");
        };
        assert!(waited < Duration::from_millis(500), "{waited:?}");
    }
}
