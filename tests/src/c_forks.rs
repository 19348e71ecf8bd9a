//! Forks in which the child, and the parent, go on with C's `malloc`: after glibc's `tst-mallocfork`.
//!
//! First from within a signal handler, while the program waits for the signal; then three hundred times beside four threads that allocate
//! without a pause, one that reads lines, and one that flushes all streams, for whose list `fork` waits. A child that hangs is ended by its alarm.

use crate::HEAP;
use brkalloc_harness::c;
use core::ffi::c_int;
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;

static OVER: AtomicBool = AtomicBool::new(false);
/// How the handler's child ended.
static STATUS: AtomicI32 = AtomicI32::new(-1);

/// Allocates and frees by all of C's functions.
fn live(seed: usize) {
    for step in 0..50 {
        let size = (seed + step) * 7919 % 3000 + 1;
        for (name, ask) in c::EVERY {
            let block = ask(size);
            assert!(!block.is_null(), "{name}({size})");
            // SAFETY: it has that many bytes.
            unsafe { block.write_bytes(1, size) };
            // SAFETY: it was given just now.
            unsafe { c::free(block) };
        }
    }
}

/// A child that lives and leaves; how it ended.
fn fork(seed: usize) -> c_int {
    // SAFETY: the child allocates, which the heap promises to serve, and leaves.
    let process = unsafe { libc::fork() };
    if process == 0 {
        // SAFETY: the call has no precondition. Who hangs is ended by the signal.
        unsafe { libc::alarm(10) };
        live(seed);
        let code = i32::from(HEAP.check().is_err());
        // SAFETY: nothing is left to clean up in the child.
        unsafe { libc::_exit(code) };
    }
    let mut status = -1;
    // SAFETY: the child is this process's own, and `status` has room for the answer.
    assert_eq!(process, unsafe { libc::waitpid(process, &raw mut status, 0) });
    status
}

/// Reads a long line from a stream, which allocates while the stream is locked.
fn read_a_line() {
    let mut text = vec![b'y'; 100_000];
    // SAFETY: the text stays while the file is open.
    let file = unsafe { libc::fmemopen(text.as_mut_ptr().cast(), text.len(), c"r".as_ptr()) };
    let (mut line, mut capacity) = (core::ptr::null_mut(), 0);
    // SAFETY: the file is open, and both places are this function's.
    let length = unsafe { libc::getline(&raw mut line, &raw mut capacity, file) };
    assert_eq!(length, 100_000);
    // SAFETY: `getline` returned it.
    unsafe { libc::free(line.cast()) };
    // SAFETY: it is open, and not used again.
    unsafe { libc::fclose(file) };
}

extern "C" fn handler(_signal: c_int) {
    STATUS.store(fork(7), Ordering::Relaxed);
}

pub(crate) fn run() {
    // SAFETY: the call has no precondition.
    unsafe { libc::alarm(60) };
    live(1);
    let handler: extern "C" fn(c_int) = handler;
    // SAFETY: the handler takes a signal's number.
    unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
    // The signal comes while nothing is under way in the heap: from this thread itself.
    // SAFETY: the call has no precondition.
    assert_eq!(0, unsafe { libc::raise(libc::SIGUSR1) });
    assert_eq!(STATUS.load(Ordering::Relaxed), 0, "the child of a signal handler");
    live(2);

    let threads: Vec<_> = (0..4)
        .map(|seed| {
            thread::spawn(move || {
                while !OVER.load(Ordering::Relaxed) {
                    live(seed);
                }
            })
        })
        .collect();
    // What `fork` waits for, while those who have it wait for a stream, and that one's owner for the heap.
    let flushing = thread::spawn(|| {
        while !OVER.load(Ordering::Relaxed) {
            // SAFETY: a null pointer means all streams.
            unsafe { libc::fflush(core::ptr::null_mut()) };
        }
    });
    let reading = thread::spawn(|| {
        while !OVER.load(Ordering::Relaxed) {
            read_a_line();
        }
    });
    for number in 1..=300 {
        assert_eq!(fork(number), 0, "the child of fork {number}");
    }
    OVER.store(true, Ordering::Relaxed);
    for thread in threads.into_iter().chain([flushing, reading]) {
        thread.join().expect("the load ends well");
    }
    assert_eq!(HEAP.check(), Ok(()));
    println!("301 forks");
}
