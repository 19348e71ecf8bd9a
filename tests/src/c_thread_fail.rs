//! Four threads take all the memory that there is, by every function of C's, and give it back, again and again: after
//! glibc's `tst-malloc-thread-fail`.
//!
//! What is refused is null, with `ENOMEM`; what was given keeps its bytes; in the end all is free. `c_thread_fail limit` is refused by the heap's own
//! limit, `c_thread_fail system` by the system, which counts what a process may write to (`RLIMIT_DATA`).

use crate::HEAP;
use brkalloc_harness::c;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Barrier;
use std::thread;

const THREADS: usize = 4;
const ROUNDS: usize = 4;
const MIB: usize = 1 << 20;

static REFUSED: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn run() {
    let mode = std::env::args().nth(1);
    match mode.as_deref() {
        Some("limit") => {}
        Some("system") => allow(64 * MIB),
        _ => panic!("the argument is `limit` or `system`"),
    }
    println!("{}", HEAP.config());
    let barrier = Barrier::new(THREADS + 1);
    let [before, after] = thread::scope(|scope| {
        for seed in 0..THREADS {
            let barrier = &barrier;
            scope.spawn(move || {
                // Gives back what the thread keeps, if it keeps anything.
                HEAP.trim();
                barrier.wait();
                barrier.wait();
                for round in 0..ROUNDS {
                    exhaust(seed + round);
                }
                HEAP.trim();
                barrier.wait();
                barrier.wait();
            });
        }
        let used = || {
            barrier.wait();
            HEAP.trim();
            let used = HEAP.stats().in_use;
            barrier.wait();
            used
        };
        [used(), used()]
    });
    assert_eq!(before, after, "all is free again, to the byte");
    assert_eq!(HEAP.check(), Ok(()));
    // Whose limit it was: the heap's is reached to the last step of growth, or never.
    let is_full = 255 * MIB < HEAP.stats().committed;
    assert_eq!(is_full, mode.as_deref() == Some("limit"), "{}", HEAP.stats().committed);
    assert!(THREADS * ROUNDS <= REFUSED.load(Ordering::Relaxed));
    println!("refused and whole: {before}");
}

/// Lets the process write to `more` bytes beyond what it has now.
fn allow(more: usize) {
    let status = std::fs::read_to_string("/proc/self/status").expect("there is a /proc");
    let data = status.lines().find_map(|line| line.strip_prefix("VmData:")).expect("it is told");
    let kilobytes: usize = data.trim().trim_end_matches(" kB").parse().expect("it is a number");
    let most = (kilobytes * 1024 + more) as libc::rlim_t;
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: the limit is this function's.
    assert_eq!(0, unsafe { libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) });
}

/// Blocks, chained through their first bytes, so that keeping them takes no memory.
struct Chain(*mut u8);

impl Chain {
    /// Where a block keeps the next one, and its own size.
    fn link(block: *mut u8) -> *mut (*mut u8, usize) {
        block.cast()
    }

    /// Keeps a block of at least 24 bytes.
    fn push(&mut self, block: *mut u8, size: usize) {
        // SAFETY: the block has these bytes.
        unsafe { Self::link(block).write((self.0, size)) };
        // SAFETY: the block has `size` bytes.
        let tail = unsafe { block.add(size - 1) };
        // SAFETY: likewise.
        unsafe { tail.write(size.to_le_bytes()[0]) };
        self.0 = block;
    }

    fn pop(&mut self) -> Option<*mut u8> {
        let block = self.0;
        if block.is_null() {
            return None;
        }
        // SAFETY: `push` wrote it there.
        let (next, size) = unsafe { Self::link(block).read() };
        // SAFETY: the block has `size` bytes.
        let tail = unsafe { block.add(size - 1) };
        // SAFETY: `push` wrote it there.
        assert_eq!(unsafe { tail.read() }, size.to_le_bytes()[0], "the block kept its bytes");
        self.0 = next;
        Some(block)
    }
}

/// Takes blocks until one is refused, changes the size of some, and frees all.
fn exhaust(seed: usize) {
    let mut chain = Chain(core::ptr::null_mut());
    for step in seed.. {
        let size = 24 + step * 7919 % 300_000;
        c::set_errno(0);
        let (name, ask) = c::EVERY[step % c::EVERY.len()];
        let block = ask(size);
        if block.is_null() {
            assert!(c::errno() == libc::ENOMEM || name == "posix_memalign", "{name}({size})");
            break;
        }
        // SAFETY: the block is in use, and goes on as what is returned, if anything is.
        let grown = if step % 3 == 0 { unsafe { c::realloc(block, size * 2) } } else { block };
        if grown.is_null() {
            assert_eq!(c::errno(), libc::ENOMEM);
            chain.push(block, size);
        } else {
            chain.push(grown, if step % 3 == 0 { size * 2 } else { size });
        }
    }
    REFUSED.fetch_add(1, Ordering::Relaxed);
    while let Some(block) = chain.pop() {
        // SAFETY: it was given by one of the functions, and leaves the chain.
        unsafe { c::free(block) };
    }
}
