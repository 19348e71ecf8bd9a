//! The heaps on which whole programs live: one executable chooses among them by its first argument.

use crate::StaticHeap;
use brkalloc::{BrkHeap, brk_heap};
use core::alloc::GlobalAlloc;

/// What a program asks of its heap, and what the process does.
pub trait Heap: StaticHeap + GlobalAlloc {}
impl<H: StaticHeap + GlobalAlloc> Heap for H {}

macro_rules! heaps {
    ($($name:ident $options:tt)+) => {
        $(#[brk_heap $options] static $name: BrkHeap;)+
        /// The heaps by their names.
        pub static HEAPS: &[(&str, &dyn Heap)] = &[$((stringify!($name), &$name)),+];
    };
}

heaps! {
    FIRST_FIT_LIST(policy = "first_fit", order = "address", index = "list")
    NEXT_FIT_TREE(policy = "next_fit", index = "tree")
    NEXT_FIT_LATE(policy = "next_fit", order = "fifo", coalesce = "deferred")
    BEST_FIT_TREE(policy = "best_fit", arena = "1MiB")
    BEST_FIT_STACK(policy = "best_fit", order = "lifo", index = "list")
    WORST_FIT_SPIN(policy = "worst_fit", lock = "spin")
    WORST_FIT_APART(policy = "worst_fit", coalesce = "never")
    BINS(policy = "segregated_fit")
    BINS_SPIN(policy = "segregated_fit", lock = "spin")
    BINS_LATE(policy = "segregated_fit", order = "address", coalesce = "deferred")
    FULL(harden = "full", quarantine = "64KiB", cache = "256KiB", large = "64KiB")
    FULL_CHUNKS(harden = "full", zero = "free", policy = "best_fit")
    LIMITED(limit = "64MiB", trim = "never", harden = "none", policy = "best_fit")
    BY_PATH(lock = ::spin::mutex::SpinMutex<()>)
    BY_PATH_LATE(lock = spin::mutex::SpinMutex<()>, source = "mmap", coalesce = "deferred")
    OWN_POLICY(policy = crate::own::Foremost, order = "lifo", lock = "spin")
    SMALL_CACHE(cache = "64KiB")
}
