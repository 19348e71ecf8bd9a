//! Lints that a crate forbids: the expansion allows none of them, and draws none.
#![forbid(
    warnings,
    unused,
    unused_imports,
    unused_qualifications,
    nonstandard_style,
    non_camel_case_types,
    non_upper_case_globals,
    non_snake_case,
    dead_code,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    future_incompatible,
    let_underscore,
    rust_2018_idioms,
    rust_2024_compatibility,
    refining_impl_trait,
    unsafe_op_in_unsafe_fn,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unused_results,
    variant_size_differences
)]

/// Heaps of every kind of expansion whose `unsafe` nobody sees.
pub mod heaps {
    #![forbid(unsafe_code)]
    use brkalloc::{BrkHeap, Candidate, Placement, Request, brk_heap};

    /// A cache.
    #[brk_heap]
    pub static THE_DEFAULT: BrkHeap;

    /// None.
    #[brk_heap(arena = "64KiB", policy = "first_fit", order = "address", index = "tree")]
    pub static PLAIN_HEAP: BrkHeap;

    /// An array.
    #[brk_heap(preset = "embedded", arena = "16KiB", lock = "spin")]
    pub(crate) static AN_ARRAY: BrkHeap;

    /// All options of a heap that checks everything.
    #[brk_heap(cache = "1MiB", large = "1MiB", harden = "full", quarantine = "64KiB", zero = "free")]
    pub static CHECKED_HEAP: BrkHeap;

    /// A lock by its path.
    #[brk_heap(lock = spin::mutex::SpinMutex<()>, order = "fifo", stats = "counters")]
    pub static BY_PATH: BrkHeap;

    /// The first that fits.
    #[derive(Debug)]
    pub struct Rule;

    impl Placement for Rule {
        fn choose<'s>(
            _: Request,
            mut fits: impl Iterator<Item = Candidate<'s>>,
        ) -> Option<Candidate<'s>> {
            fits.next()
        }
    }

    /// A policy of its own.
    #[brk_heap(policy = Rule, source = "mmap")]
    pub static OWN_POLICY: BrkHeap;
}

mod exported {
    use brkalloc::{BrkHeap, brk_heap};

    #[brk_heap(export = "malloc")]
    pub(crate) static C_MALLOC: BrkHeap;
}

mod alone {
    use brkalloc::{BrkHeap, brk_heap};

    // SAFETY: one thread uses it.
    #[brk_heap(source = "static", arena = "4KiB", unsafe(lock = "none"))]
    pub(crate) static NO_LOCK: BrkHeap;
}

fn main() {
    let checks = [
        heaps::THE_DEFAULT.check(),
        heaps::PLAIN_HEAP.check(),
        heaps::AN_ARRAY.check(),
        heaps::CHECKED_HEAP.check(),
        heaps::BY_PATH.check(),
        heaps::OWN_POLICY.check(),
        exported::C_MALLOC.check(),
        alone::NO_LOCK.check(),
    ];
    assert!(checks.iter().all(Result::is_ok));
}
