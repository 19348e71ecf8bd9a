//! The ends of threads of a heap that is the process's `malloc` and has a cache for each of them.
//!
//! The heap notices an end by a key of `pthread_key_create`. `c_ends many` makes forty keys before the heap does, so that
//! the heap's would be one for whose value the C library allocates, as it does for std's, amid which a thread makes its
//! first request; `c_ends all` makes all keys that there are; `c_ends few` makes one. Other keys have destructors that allocate, before
//! and after the heap's has run.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::c;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[brk_heap(cache = "256KiB", export = "malloc")]
static HEAP: BrkHeap;

/// Keys that were made before the heap's.
static MADE: AtomicUsize = AtomicUsize::new(0);
/// The first of them, and 1.
static FIRST: AtomicUsize = AtomicUsize::new(0);
/// One that was made after the heap's, and 1.
static LAST: AtomicUsize = AtomicUsize::new(0);
/// Calls of destructors.
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// What a thread kept in the end.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// Sizes of every kind: objects, chunks that a thread keeps, and others.
const SIZES: [usize; 6] = [1, 100, 1000, 2000, 30_000, 100_000];

extern "C" fn ended(value: *mut c_void) {
    allocate();
    ENDED.fetch_add(1, Ordering::Relaxed);
    // Twice in a row, so that one of the two comes after the heap's own.
    if value.addr() == 2 {
        for key in [&FIRST, &LAST] {
            set(key, 1);
        }
    }
}

fn make_key() -> Option<usize> {
    let mut key = 0;
    // SAFETY: the place has room for a key, and the destructor is a function of this program.
    let refused = unsafe { libc::pthread_key_create(&raw mut key, Some(ended)) };
    (refused == 0).then_some(key as usize + 1)
}

/// Gives this thread a value, if there is such a key.
fn set(key: &AtomicUsize, value: usize) {
    let Some(key) = key.load(Ordering::Relaxed).checked_sub(1) else { return };
    let value: *const c_void = core::ptr::without_provenance(value);
    let key = u32::try_from(key).expect("keys are few");
    // SAFETY: the key was made here.
    assert_eq!(0, unsafe { libc::pthread_setspecific(key, value) });
}

/// Runs before all constructors, and before the heap is open.
extern "C" fn before_all(count: c_int, arguments: *const *const c_char) {
    if count != 2 {
        return;
    }
    // SAFETY: there are two arguments.
    let second = unsafe { arguments.add(1) };
    // SAFETY: likewise.
    let mode = unsafe { second.read() };
    // SAFETY: it is a C string.
    let mode = unsafe { CStr::from_ptr(mode) };
    let most = match mode.to_bytes() {
        b"all" => usize::MAX,
        b"many" => 40,
        _ => 1,
    };
    for made in 0..most {
        let Some(key) = make_key() else { break };
        if made == 0 {
            FIRST.store(key, Ordering::Relaxed);
        }
        MADE.store(made + 1, Ordering::Relaxed);
    }
    if most == usize::MAX {
        // The heap finds none, and std, which needs one, the last.
        allocate();
        let last = FIRST.load(Ordering::Relaxed) + MADE.load(Ordering::Relaxed) - 2;
        let last = u32::try_from(last).expect("keys are few");
        // SAFETY: it was made here, and no thread has a value there.
        assert_eq!(0, unsafe { libc::pthread_key_delete(last) });
    }
}

// SAFETY: the loader calls what stands there, with the program's arguments.
#[used]
#[unsafe(link_section = ".preinit_array")]
static BEFORE_ALL: extern "C" fn(c_int, *const *const c_char) = before_all;

/// A value whose destructor allocates, before any key's has run.
struct Last;

impl Drop for Last {
    fn drop(&mut self) {
        allocate();
    }
}

std::thread_local!(static VALUE: Last = const { Last });

/// Allocates, and frees in another order.
fn allocate() {
    let blocks: Vec<NonNull<u8>> = (0..300)
        .map(|step| {
            let size = SIZES[step % SIZES.len()];
            let block = NonNull::new(c::malloc(size)).expect("there is memory");
            // SAFETY: it has that many bytes.
            unsafe { block.write_bytes(1, size) };
            block
        })
        .collect();
    for block in blocks.iter().step_by(2).chain(blocks.iter().skip(1).step_by(2)) {
        // SAFETY: it was given just now.
        unsafe { c::free(block.as_ptr()) };
    }
}

/// What threads hold, and what is in use: this one's own has gone back.
fn held() -> (Option<usize>, usize) {
    HEAP.trim();
    assert_eq!(HEAP.check(), Ok(()));
    (HEAP.stats().cached, HEAP.stats().in_use)
}

fn main() {
    let live = || {
        allocate();
        set(&FIRST, 2);
        set(&LAST, 2);
        VALUE.with(|_| ());
        KEPT.fetch_max(HEAP.stats().cached.unwrap_or(0), Ordering::Relaxed);
    };
    // std takes its key for the first thread.
    thread::spawn(|| ()).join().expect("the thread ends well");
    LAST.store(make_key().unwrap_or(0), Ordering::Relaxed);
    // Once, for what the C library and std keep of their first thread.
    thread::spawn(live).join().expect("the thread ends well");
    ENDED.store(0, Ordering::Relaxed);
    let before = held();
    for _ in 0..20 {
        let threads = [(); 4].map(|()| thread::spawn(live));
        for thread in threads {
            thread.join().expect("the thread ends well");
        }
    }
    let after = held();
    assert_eq!(after, before, "all that the threads kept has gone back");
    println!(
        "{} keys, {} destructors, {} kept",
        MADE.load(Ordering::Relaxed),
        ENDED.load(Ordering::Relaxed),
        KEPT.load(Ordering::Relaxed) != 0
    );
}
