//! A program whose heap records its requests; its arguments are things to do, in order.

use brkalloc::{BrkHeap, brk_heap};
use core::alloc::Layout;
use core::hint::black_box;
use std::alloc::{alloc, alloc_zeroed, dealloc, realloc};
use std::env;
use std::process::exit;
use std::thread;

#[global_allocator]
#[brk_heap(record = "recorded")]
static HEAP: BrkHeap;

/// Requests that no library makes: the test looks for them.
fn layouts() {
    let odd = Layout::from_size_align(7777, 64).expect("a layout");
    let zeroed = Layout::from_size_align(1234, 2).expect("a layout");
    let grown = Layout::from_size_align(88_888, 64).expect("a layout");
    // SAFETY: the size is not 0.
    let block = unsafe { alloc(odd) };
    // SAFETY: the size is not 0.
    let zeros = unsafe { alloc_zeroed(zeroed) };
    // SAFETY: the block was allocated with that layout.
    let block = unsafe { realloc(block, odd, grown.size()) };
    // SAFETY: the block was allocated with that layout.
    unsafe { dealloc(zeros, zeroed) };
    // SAFETY: the block has this layout now.
    unsafe { dealloc(block, grown) };
}

/// So many blocks of sizes that no library asks for, in a vector that grows.
fn churn(count: usize) {
    let mut kept = Vec::new();
    for number in 0..count {
        kept.push(vec![1_u8; 3001 + number % 7]);
        if 50 < kept.len() {
            kept.clear();
        }
    }
    black_box(&kept);
}

fn main() {
    for argument in env::args().skip(1) {
        match argument.as_str() {
            "layouts" => layouts(),
            "threads" => {
                let threads: Vec<_> = (0..4).map(|_| thread::spawn(|| churn(5000))).collect();
                for thread in threads {
                    thread.join().expect("it ends well");
                }
            }
            "fork" => {
                // SAFETY: there is one thread.
                let child = unsafe { libc::fork() };
                churn(if child == 0 { 3000 } else { 1000 });
                if child == 0 {
                    // SAFETY: the call has no precondition.
                    unsafe { libc::_exit(0) };
                }
                // SAFETY: a null status is not written.
                unsafe { libc::waitpid(child, core::ptr::null_mut(), 0) };
            }
            // SAFETY: the process ends.
            "kill" => drop(unsafe { libc::raise(libc::SIGKILL) }),
            "limit" => {
                let limit = libc::rlimit { rlim_cur: 100_000, rlim_max: 100_000 };
                // SAFETY: the limit can be read.
                assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) }, 0);
            }
            count => churn(count.parse().expect("a number")),
        }
    }
    if HEAP.check().is_err() {
        exit(1);
    }
}
