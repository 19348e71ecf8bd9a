#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    unused_qualifications,
    single_use_lifetimes,
    trivial_casts,
    let_underscore_drop,
    rust_2018_idioms,
    clippy::all,
    clippy::pedantic
)]
#![forbid(unsafe_code)]
//! Every lint that a strict project turns on, over every shape of the expansion.

/// A module with heaps of every visibility.
pub mod heaps {
    use brkalloc::{BrkHeap, brk_heap};

    /// The one for everything, as the configuration of `BrkHeap` has it.
    #[brk_heap(arena = 65536, grow = 4096, limit = "1GiB", trim = "128KiB")]
    pub static GENERAL: BrkHeap;

    /// An array.
    #[brk_heap(source = "static", arena = 131_072, policy = "segregated_fit", lock = "spin")]
    pub(crate) static ARRAY: BrkHeap;

    #[brk_heap(lock = spin::mutex::SpinMutex<()>, order = "fifo", coalesce = "never")]
    pub(super) static BY_PATH: BrkHeap;

    /// In the past.
    #[deprecated = "for the lint"]
    #[brk_heap(source = "mmap", grow = "none", stats = "counters", harden = "none")]
    pub static OLD: BrkHeap;

    /// In a function.
    #[must_use]
    pub fn local() -> bool {
        #[brk_heap(policy = "worst_fit", index = "list")]
        static LOCAL: BrkHeap;
        LOCAL.check().is_ok()
    }
}

fn main() {
    assert!(heaps::GENERAL.check().is_ok() && heaps::ARRAY.check().is_ok());
    assert!(heaps::BY_PATH.check().is_ok() && heaps::local());
}
