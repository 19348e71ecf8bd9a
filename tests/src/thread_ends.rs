//! Ends of threads that nobody tells the heap, threads that sleep, and threads that a fork leaves behind: what they
//! kept comes back, or stays within the bound.

use brkalloc::__private::Config;
use brkalloc::BrkHeap;
use brkalloc_harness::resident;
use core::cell::RefCell;
use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

/// Whether the heap has every check, and takes ten times as long.
fn is_slow<C: Config>(heap: &BrkHeap<C>) -> bool {
    heap.config().harden == brkalloc::Harden::Full
}

/// What a thread drops in the end, in so many rounds of its key's destructor.
struct Parcel {
    rounds: u32,
    blocks: Vec<Vec<u8>>,
}

static KEY: AtomicU32 = AtomicU32::new(0);

thread_local!(static LATE: RefCell<Option<Vec<Vec<u8>>>> = const { RefCell::new(None) });

fn blocks() -> Vec<Vec<u8>> {
    (0..400).map(|number| vec![1; [900, 5000, 40][number % 3]]).collect()
}

fn set_value(value: *mut c_void) {
    // SAFETY: the key was made here.
    assert_eq!(0, unsafe { libc::pthread_setspecific(KEY.load(Ordering::Relaxed), value) });
}

extern "C" fn in_key(value: *mut c_void) {
    let parcel: *mut Parcel = value.cast();
    // SAFETY: the value is a parcel, and this thread's own.
    let rounds = unsafe { &mut (*parcel).rounds };
    *rounds -= 1;
    if *rounds != 0 {
        return set_value(value);
    }
    // SAFETY: nobody else has it.
    drop(unsafe { Box::from_raw(parcel) });
}

/// Leaves its parcel to the key.
extern "C" fn leaves(value: *mut c_void) -> *mut c_void {
    set_value(value);
    null_mut()
}

/// Uses the heap, and then leaves its parcel to the key.
extern "C" fn uses_and_leaves(value: *mut c_void) -> *mut c_void {
    drop(vec![1_u8; 100]);
    drop(vec![1_u8; 5000]);
    leaves(value)
}

/// Leaves its blocks to the destructor of a thread-local.
extern "C" fn leaves_to_std(value: *mut c_void) -> *mut c_void {
    // SAFETY: the value is a parcel, and this thread's own.
    let parcel = unsafe { &mut *value.cast::<Parcel>() };
    LATE.with(|late| *late.borrow_mut() = Some(core::mem::take(&mut parcel.blocks)));
    null_mut()
}

/// Drops its blocks, and exits.
extern "C-unwind" fn exits(value: *mut c_void) -> *mut c_void {
    // SAFETY: the value is a parcel, and this thread's own.
    let parcel = unsafe { &mut *value.cast::<Parcel>() };
    drop(core::mem::take(&mut parcel.blocks));
    // SAFETY: nothing is left to drop in this frame.
    unsafe { pthread_exit(null_mut()) }
}

unsafe extern "C-unwind" {
    fn pthread_exit(value: *mut c_void) -> !;
}

fn live(start: extern "C" fn(*mut c_void) -> *mut c_void, rounds: u32, is_kept: bool) {
    let parcel = Box::into_raw(Box::new(Parcel { rounds, blocks: blocks() }));
    let mut thread = 0;
    // SAFETY: the place has room for a thread; the function takes a parcel.
    let refused =
        unsafe { libc::pthread_create(&raw mut thread, core::ptr::null(), start, parcel.cast()) };
    assert_eq!(refused, 0);
    // SAFETY: the thread was made here.
    assert_eq!(0, unsafe { libc::pthread_join(thread, null_mut()) });
    if is_kept {
        // SAFETY: the thread is gone, and left the parcel.
        drop(unsafe { Box::from_raw(parcel) });
    }
}

/// Threads that end in this way leave nothing. Each would lose half a megabyte if nobody noticed its end.
fn ends<C: Config>(heap: &BrkHeap<C>, mut live: impl FnMut()) {
    let threads = if is_slow(heap) { 60 } else { 300 };
    let mut early = 0;
    for number in 0..threads {
        live();
        if number == threads / 10 {
            early = resident();
        }
    }
    assert_eq!(heap.check(), Ok(()));
    let late = resident();
    println!("{early} bytes after a tenth, {late} in the end");
    assert!(late * 10 <= (early + (2 << 20)) * 11, "more than 1.1 times as many");
}

/// Threads that sleep after a burst keep no more than all may, and `stats` knows.
fn idle<C: Config>(heap: &'static BrkHeap<C>, size: usize) {
    const SLEEPERS: usize = 400;
    let total = heap.config().cache_total.expect("it has a cache");
    let burst = if is_slow(heap) { 200_000 } else { 2 << 20 };
    heap.trim();
    let (before, resident_before) = (heap.stats().in_use, resident());
    let slept = Arc::new([Barrier::new(SLEEPERS + 1), Barrier::new(SLEEPERS + 1)]);
    let turn = Arc::new(Mutex::new(()));
    let threads: Vec<_> = (0..SLEEPERS)
        .map(|_| {
            let (slept, turn) = (slept.clone(), turn.clone());
            let sleeper = move || {
                let held = turn.lock().expect("nobody panics");
                drop((0..burst / size).map(|_| vec![1_u8; size]).collect::<Vec<_>>());
                drop(held);
                for barrier in slept.iter() {
                    barrier.wait();
                }
            };
            thread::Builder::new().stack_size(64 << 10).spawn(sleeper).expect("it starts")
        })
        .collect();
    slept[0].wait();
    let stats = heap.stats();
    let (cached, kept) = (stats.cached.expect("it has a cache"), stats.in_use - before);
    let grown = resident().saturating_sub(resident_before);
    println!("{cached} cached of {total}, {kept} kept, {grown} resident");
    assert!(cached <= total, "more than all threads may");
    // What is no thread's: the depot, the threads' own few kilobytes, and slabs that are not all free.
    assert!(kept <= cached + total / 2 + (8 << 20), "stats() says too little");
    assert!(grown <= total + (16 << 20), "more than the bound is resident");
    assert_eq!(heap.check(), Ok(()));
    slept[1].wait();
    for thread in threads {
        thread.join().expect("it ends well");
    }
    heap.trim();
    assert_eq!(heap.stats().cached, Some(0));
}

/// Waits for a child, which has to end well.
fn wait_for(child: libc::pid_t) {
    let mut status = 0;
    // SAFETY: the child is this process's own, and `status` has room for the answer.
    assert_eq!(child, unsafe { libc::waitpid(child, &raw mut status, 0) });
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "the child failed");
}

/// Calls `child` in a child, which ends with it.
fn fork(child: impl FnOnce()) {
    // SAFETY: the child calls nothing but `child`, and leaves.
    in_child(unsafe { libc::fork() }, child);
}

/// The same in a child of whose birth no handler is told.
#[cfg(not(target_arch = "s390x"))]
fn fork_unseen(child: impl FnOnce()) {
    // SAFETY: as in `fork`; without a stack of its own, the child has a copy of this one.
    let process = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    in_child(libc::pid_t::try_from(process).expect("a number of a process"), child);
}

/// Calls `child` if this process is the child, and ends it; else waits for the child.
fn in_child(process: libc::pid_t, child: impl FnOnce()) {
    if process == 0 {
        // SAFETY: the call has no precondition. A child that hangs ends by the signal.
        unsafe { libc::alarm(60) };
        let is_well = std::panic::catch_unwind(core::panic::AssertUnwindSafe(child)).is_ok();
        // SAFETY: nothing is left to clean up in the child.
        unsafe { libc::_exit(i32::from(!is_well)) };
    }
    wait_for(process);
}

/// Takes, fills and drops blocks, each of which keeps its bytes.
fn churn(seed: u8) {
    let mut some: Vec<Vec<u8>> = Vec::new();
    for number in 0..if cfg!(debug_assertions) { 40_000 } else { 400_000 } {
        let place = number % 64;
        if place == some.len() {
            some.push(Vec::new());
        }
        assert!(some[place].iter().all(|byte| *byte == seed), "somebody else's bytes");
        some[place] = vec![seed; 16 + number % 7 * 40];
    }
}

/// A fork of which nobody tells the heap, and one behind it: the numbers of threads are those of the first process. No
/// thread that runs loses its record.
#[cfg(not(target_arch = "s390x"))]
fn unseen<C: Config>(heap: &'static BrkHeap<C>) {
    drop(blocks());
    fork_unseen(|| {
        drop(blocks());
        fork(|| {
            drop(blocks());
            heap.trim();
            let threads = [1, 2, 3].map(|seed| thread::spawn(move || churn(seed)));
            churn(4);
            for thread in threads {
                thread.join().expect("it ends well");
            }
            assert_eq!(heap.check(), Ok(()));
        });
    });
}

/// Each generation starts threads that keep something, and forks the next beside them.
fn generation<C: Config>(heap: &'static BrkHeap<C>, number: usize, first: usize) {
    const GENERATIONS: usize = 10;
    // The first request that the cache does not serve.
    drop(vec![1_u8; 100_000]);
    assert_eq!(heap.check(), Ok(()));
    drop(blocks());
    assert_eq!(heap.check(), Ok(()));
    let in_use = heap.stats().in_use;
    let first = if number == 0 { in_use + (2 << 20) } else { first };
    assert!(in_use <= first, "{in_use} bytes in use in generation {number}, and not {first}");
    if number == GENERATIONS {
        return;
    }
    let kept = Arc::new(Barrier::new(9));
    for _ in 0..8 {
        let kept = kept.clone();
        thread::spawn(move || {
            (0..5).for_each(|_| drop(blocks()));
            kept.wait();
            loop {
                thread::park();
            }
        });
    }
    // Beside them, as one whose cache is its own.
    (0..5).for_each(|_| drop(blocks()));
    kept.wait();
    assert_eq!(heap.check(), Ok(()));
    assert!(heap.stats().cached.is_some_and(|cached| 1 << 20 < cached));
    fork(|| generation(heap, number + 1, first));
}

/// A fork at any instant of other threads finds their lists whole.
fn busy<C: Config>(heap: &'static BrkHeap<C>) {
    static OVER: AtomicBool = AtomicBool::new(false);
    let threads = [(); 3].map(|()| {
        thread::spawn(|| {
            while !OVER.load(Ordering::Relaxed) {
                let mut some = blocks();
                some.truncate(40);
                for number in 0..20_000 {
                    let size = some[number % 40].len();
                    some[number % 40] = vec![2; size];
                }
            }
        })
    });
    for _ in 0..300 {
        fork(|| {
            drop(vec![1_u8; 100_000]);
            heap.trim();
            assert_eq!(heap.check(), Ok(()));
            drop(blocks());
            assert_eq!(heap.check(), Ok(()));
        });
    }
    OVER.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().expect("it ends well");
    }
}

pub(crate) fn run<C: Config>(heap: &'static BrkHeap<C>) {
    let case = std::env::args().nth(1).expect("the argument is a case");
    let mut key = 0;
    // SAFETY: the place has room for a key, and the destructor is a function of this program.
    assert_eq!(0, unsafe { libc::pthread_key_create(&raw mut key, Some(in_key)) });
    KEY.store(key, Ordering::Relaxed);
    match case.as_str() {
        "key" => (1..=4).for_each(|rounds| ends(heap, || live(leaves, rounds, false))),
        "used" => (1..=4).for_each(|rounds| ends(heap, || live(uses_and_leaves, rounds, false))),
        "std" => ends(heap, || live(leaves_to_std, 1, true)),
        "exit" => {
            // SAFETY: the two differ in whether they may unwind, and this one unwinds to its end only.
            let exits = unsafe {
                core::mem::transmute::<
                    extern "C-unwind" fn(*mut c_void) -> *mut c_void,
                    extern "C" fn(*mut c_void) -> *mut c_void,
                >(exits)
            };
            ends(heap, || live(exits, 1, true));
        }
        "idle" => [20_000, 1000, 100].into_iter().for_each(|size| idle(heap, size)),
        "forks" => generation(heap, 0, 0),
        "busy" => busy(heap),
        #[cfg(not(target_arch = "s390x"))]
        "unseen" => unseen(heap),
        _ => panic!("it is no known case"),
    }
}
