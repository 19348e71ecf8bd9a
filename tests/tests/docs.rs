//! What a heap says of itself is an attribute that can be pasted back, and every value of every option is taken and said.
//!
//! The second attribute of each pair is what the first heap printed, word for word; it is compiled here.
#![cfg(target_pointer_width = "64")]

use brkalloc::{BrkHeap, brk_heap};

mod placed {
    use brkalloc::{Candidate, Placement, Request};

    /// The first that fits.
    pub(crate) struct Any;

    impl Placement for Any {
        fn choose<'s>(
            _: Request,
            mut fits: impl Iterator<Item = Candidate<'s>>,
        ) -> Option<Candidate<'s>> {
            fits.next()
        }
    }
}

macro_rules! pasted {
    ($($first:ident $second:ident [$($written:tt)*] [$($printed:tt)*])+) => {
        $(
            #[brk_heap($($written)*)]
            static $first: BrkHeap;
            #[brk_heap($($printed)*)]
            static $second: BrkHeap;
        )+

        #[test]
        fn what_a_heap_prints_of_itself_makes_the_same_heap() {
            $(
                let printed = $first.config().to_string();
                let pasted = concat!("#[brk_heap(", stringify!($($printed)*), ")]");
                assert_eq!(spaced(&printed), spaced(pasted));
                assert_eq!($second.config().to_string(), printed);
                let renamed = format!("{:?}", $second.config());
                let renamed = renamed.replace(stringify!($second), stringify!($first));
                assert_eq!(renamed, format!("{:?}", $first.config()), "in every field");
            )+
        }
    };
}

/// Without spaces, which `stringify` sets as it likes.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect()
}

pasted! {
    DEFAULT DEFAULT_AGAIN
        []
        [source = "brk", arena = "64KiB", grow = "64KiB", limit = "64GiB", trim = "1MiB",
            policy = "segregated_fit", order = "fifo", coalesce = "immediate", cache = "1MiB", cache_total = "16MiB",
            lock = "os", harden = "basic", stats = "none"]
    MISSION MISSION_AGAIN
        [arena = "64KiB", policy = "first_fit", order = "address"]
        [source = "brk", arena = "64KiB", grow = "64KiB", limit = "64GiB", trim = "1MiB",
            policy = "first_fit", order = "address", index = "tree", coalesce = "immediate",
            lock = "os", harden = "basic", stats = "none"]
    LIST LIST_AGAIN
        [source = "mmap", arena = 1000, grow = 500, limit = 123456, trim = 600, order = "fifo",
            policy = "next_fit", lock = "spin", harden = "none", stats = "counters"]
        [source = "mmap", arena = "1000B", grow = "500B", limit = "123456B", trim = "600B",
            policy = "next_fit", order = "fifo", index = "list", coalesce = "immediate",
            lock = "spin", harden = "none", stats = "counters"]
    ARRAY ARRAY_AGAIN
        [source = "static", arena = "256B", policy = "worst_fit", index = "list",
            // SAFETY: one test serves from it, on one thread.
            unsafe(lock = "none")]
        [source = "static", arena = "256B", policy = "worst_fit", order = "address",
            index = "list", coalesce = "immediate",
            // SAFETY: likewise.
            unsafe(lock = "none"), harden = "basic", stats = "none"]
    FIXED FIXED_AGAIN
        [grow = "none", arena = "1MiB", policy = "segregated_fit", coalesce = "deferred"]
        [source = "brk", arena = "1MiB", grow = "none", policy = "segregated_fit", order = "fifo",
            coalesce = "deferred", lock = "os", harden = "basic", stats = "none"]
    FULL FULL_AGAIN
        [arena = "64KiB", limit = "64KiB", policy = "best_fit"]
        [source = "brk", arena = "64KiB", limit = "64KiB", trim = "never", policy = "best_fit",
            order = "address", index = "tree", coalesce = "immediate", lock = "os",
            harden = "basic", stats = "none"]
    APART APART_AGAIN
        [coalesce = "never", order = "lifo", index = "list"]
        [source = "brk", arena = "64KiB", grow = "64KiB", limit = "64GiB", policy = "first_fit",
            order = "lifo", index = "list", coalesce = "never", lock = "os", harden = "basic",
            stats = "none"]
    KEPT KEPT_AGAIN
        [trim = "never", limit = "3GiB", policy = "segregated_fit", order = "address"]
        [source = "brk", arena = "64KiB", grow = "64KiB", limit = "3GiB", trim = "never",
            policy = "segregated_fit", order = "address", coalesce = "immediate", lock = "os",
            harden = "basic", stats = "none"]
    BY_PATH BY_PATH_AGAIN
        [lock = ::spin::mutex::SpinMutex<()>, crate = brkalloc, grow = "2MiB", index = "tree"]
        [source = "brk", arena = "64KiB", grow = "2MiB", limit = "64GiB", trim = "4MiB",
            policy = "first_fit", order = "address", index = "tree", coalesce = "immediate",
            lock = ::spin::mutex::SpinMutex<()>, harden = "basic", stats = "none",
            crate = brkalloc]
    PLACED PLACED_AGAIN
        [policy = placed::Any, order = "fifo", trim = "never"]
        [source = "brk", arena = "64KiB", grow = "64KiB", limit = "64GiB", trim = "never",
            policy = placed::Any, order = "fifo", index = "list", coalesce = "immediate",
            lock = "os", harden = "basic", stats = "none"]
    PLACED_ALONE PLACED_ALONE_AGAIN
        [source = "static", arena = "256B", policy = self::placed::Any, lock = ::spin::mutex::SpinMutex<()>]
        [source = "static", arena = "256B", policy = self::placed::Any, order = "address",
            index = "list", coalesce = "immediate", lock = ::spin::mutex::SpinMutex<()>,
            harden = "basic", stats = "none"]
    CLEARS CLEARS_AGAIN
        [zero = "free", trim = "never", cache = "64KiB"]
        [source = "brk", arena = "64KiB", grow = "64KiB", limit = "64GiB", trim = "never",
            policy = "segregated_fit", order = "fifo", coalesce = "immediate", cache = "64KiB", cache_total = "1MiB",
             lock = "os", harden = "basic", zero = "free", stats = "none"]
    CHECKS CHECKS_AGAIN
        [harden = "full", quarantine = "32KiB", trim = "never", cache = "none", order = "address"]
        [source = "brk", arena = "64KiB", grow = "64KiB", limit = "64GiB", trim = "never",
            policy = "first_fit", order = "address", index = "tree", coalesce = "immediate",
            lock = "os", harden = "full", quarantine = "32KiB", stats = "none"]
    LEAN LEAN_AGAIN
        [preset = "lean", trim = "1MiB"]
        [source = "brk", arena = "64KiB", grow = "64KiB", limit = "64GiB", trim = "1MiB",
            large = "1MiB", policy = "best_fit", order = "address", index = "tree",
            coalesce = "immediate", cache = "64KiB", cache_total = "1MiB", lock = "os", harden = "basic", stats = "none"]
    TEXTBOOK TEXTBOOK_AGAIN
        [preset = "textbook"]
        [source = "brk", arena = "64KiB", grow = "64KiB", limit = "64GiB", policy = "first_fit",
            order = "lifo", index = "list", coalesce = "never", lock = "os", harden = "basic",
            stats = "none"]
    SMALL SMALL_AGAIN
        [limit = "32KiB"]
        [source = "brk", arena = "32KiB", limit = "32KiB", trim = "never", policy = "first_fit",
            order = "address", index = "tree", coalesce = "immediate", lock = "os",
            harden = "basic", stats = "none"]
}

#[test]
fn the_page_about_own_policies_shows_the_one_that_compare_runs() {
    let page = include_str!("../../docs/own-policy.md");
    let (_, rule) = include_str!("../../examples/examples/compare/good_enough.rs")
        .split_once("\n\nuse brkalloc::{Candidate, Placement, Request};\n\n")
        .expect("it imports these");
    assert!(page.contains(&rule.replace("pub(crate) ", "")), "{page}");
    assert!(page.lines().count() <= 80, "it is a page");
}

#[test]
fn every_heap_that_was_printed_serves() {
    use allocator_api2::vec::Vec as VecIn;
    macro_rules! serve {
        ($($heap:ident)+) => {$(
            let mut numbers = VecIn::new_in(&$heap);
            numbers.extend_from_slice(&[1_u8, 2, 3]);
            assert_eq!(numbers.as_slice(), [1, 2, 3]);
            assert_eq!($heap.check(), Ok(()));
        )+};
    }
    serve!(DEFAULT MISSION LEAN TEXTBOOK LIST ARRAY FIXED FULL APART KEPT BY_PATH PLACED PLACED_ALONE SMALL);
    serve!(DEFAULT_AGAIN LIST_AGAIN ARRAY_AGAIN FIXED_AGAIN FULL_AGAIN APART_AGAIN BY_PATH_AGAIN);
}

#[test]
fn a_heap_prints_itself_in_debug_too() {
    assert_eq!(format!("{DEFAULT:?}"), format!("BrkHeap({})", DEFAULT.config()));
}
