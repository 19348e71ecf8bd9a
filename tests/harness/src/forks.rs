//! Forks under load: four threads allocate without a pause, and a fifth forks.
//!
//! The child of a fork has one thread. If another was inside the heap at that moment, and nothing
//! was done about it, the child's first allocation waits for ever for a lock that nobody will give back, or finds a heap half
//! changed. A child that hangs is ended by its alarm, and the program says so.

use crate::StaticHeap;
use core::sync::atomic::{AtomicBool, Ordering};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::thread;

/// Seconds after which a child counts as hanging; and all of it, if the parent is what hangs.
const PATIENCE: (u32, u32) = (10, 90);

static OVER: AtomicBool = AtomicBool::new(false);

/// Forks `forks` times beside four threads that load `heap`, the global allocator.
///
/// # Panics
///
/// If the parent finds the heap broken.
pub fn run(heap: &'static dyn StaticHeap, forks: u32) -> ExitCode {
    // SAFETY: the call has no precondition.
    unsafe { libc::alarm(PATIENCE.1) };
    let threads: Vec<_> = (0..4).map(|seed| thread::spawn(move || load(seed))).collect();
    let outcome = (1..=forks).try_for_each(|number| {
        let how = ended(fork(heap));
        how.map_err(|how| format!("the child of fork {number} of {forks} {how}"))
    });
    OVER.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().expect("the load ends well");
    }
    assert_eq!(heap.check(), Ok(()));
    match outcome {
        Ok(()) => {
            println!("{forks} forks");
            ExitCode::SUCCESS
        }
        Err(how) => {
            eprintln!("{how}");
            ExitCode::FAILURE
        }
    }
}

/// Allocates and frees until it is over.
fn load(seed: u64) {
    let mut kept = BTreeMap::new();
    for number in seed.. {
        if OVER.load(Ordering::Relaxed) {
            return;
        }
        let size = usize::try_from(number * 7919 % 500 + 1).expect("it is small");
        kept.insert(number % 50, vec![seed; size]);
        assert!(kept.values().next().is_some_and(|numbers| numbers.iter().all(|n| *n == seed)));
    }
}

/// A child that lives on the heap for a while; its process.
fn fork(heap: &'static dyn StaticHeap) -> libc::pid_t {
    // SAFETY: the child allocates, which the heap promises to serve, and leaves.
    let process = unsafe { libc::fork() };
    if process != 0 {
        return process;
    }
    // SAFETY: the call has no precondition. Who hangs is ended by the signal.
    unsafe { libc::alarm(PATIENCE.0) };
    let words: Vec<String> = (0..200_u32).map(|number| format!("word {number}")).collect();
    let is_whole = heap.check().is_ok() && words.iter().all(|word| word.starts_with("word "));
    drop(words);
    let code = i32::from(!(is_whole && heap.check().is_ok()));
    // SAFETY: nothing is left to clean up in the child.
    unsafe { libc::_exit(code) }
}

/// How a child ended, if not well.
fn ended(child: libc::pid_t) -> Result<(), &'static str> {
    let mut status = 0;
    // SAFETY: `status` has room for the answer.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child, "the fork succeeded, and the child is ours");
    if libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGALRM {
        return Err("hangs: it waits for a lock that a thread of its parent held");
    }
    if libc::WIFSIGNALED(status) {
        return Err("died of the state in which it found its heap");
    }
    if libc::WEXITSTATUS(status) == 0 { Ok(()) } else { Err("found its heap broken") }
}
