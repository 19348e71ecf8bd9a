//! What is not chosen is not there: the size of a heap's static, for each configuration, to the byte.
//!
//! The figures are those of 64-bit Linux. A static is all of a heap but its arena: no other state stands anywhere, save the list of the
//! heaps held over forks and the flag of the break, once per process.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

use brkalloc::{BrkHeap, brk_heap};

macro_rules! footprints {
    ($($name:ident $what:literal $options:tt: $size:expr,)+) => {
        $(
            #[brk_heap $options]
            static $name: BrkHeap;
        )+

        #[test]
        fn a_static_is_as_large_as_what_was_chosen() {
            let table = [$(($what, stringify!($options), size_of_val(&$name), $size)),+];
            let wrong: Vec<_> = table.iter().filter(|(_, _, size, known)| size != known).collect();
            for (what, options, size, _) in &table {
                println!("{size:6} {what:40} {options}");
            }
            assert!(wrong.is_empty(), "not as known: {wrong:#?}");
        }
    };
}

footprints! {
    DEFAULT "the default" (): 6592,
    PLAIN "first fit" (policy = "first_fit"): 136,
    // SAFETY: only their sizes are looked at.
    UNLOCKED "no lock" (unsafe(lock = "none")): 112,
    SPIN "a spin lock" (policy = "first_fit", lock = "spin"): 136,
    BY_PATH "a mutex by path" (policy = "first_fit", lock = ::spin::mutex::SpinMutex<()>): 152,
    LIST "a list" (index = "list"): 88,
    LIFO "a stack" (order = "lifo"): 88,
    // SAFETY: likewise.
    SMALLEST "a list without a lock" (index = "list", unsafe(lock = "none")): 64,
    NEXT "next fit: a rover" (policy = "next_fit"): 136,
    NEXT_LIST "next fit along a list" (policy = "next_fit", index = "list"): 96,
    BEST "best fit: a tree a power of two" (policy = "best_fit"): 352,
    BEST_LIST "best fit along a list" (policy = "best_fit", index = "list"): 88,
    WORST "worst fit" (policy = "worst_fit"): 136,
    BINS "segregated fit" (policy = "segregated_fit"): 2016,
    BINS_MIB "segregated fit below a limit" (policy = "segregated_fit", limit = "1MiB"): 992,
    BINS_SMALL "segregated fit in 4 KiB" (policy = "segregated_fit", source = "static", arena = "4KiB"): 480,
    BINS_LEAST "segregated fit in 256 B" (policy = "segregated_fit", source = "static", arena = "256B"): 224,
    LATE "merging late: a flag" (coalesce = "deferred"): 136,
    NEVER "merging never" (coalesce = "never"): 136,
    MAPPING "a mapping" (policy = "first_fit", source = "mmap"): 136,
    ARRAY "an array, beside which no table is" (source = "static", arena = "64KiB"): 128,
    LARGE "mappings: a count" (policy = "first_fit", large = "1MiB"): 184,
    CACHE "a cache: what threads share" (policy = "first_fit", cache = "1MiB"): 4736,
    CHECKED "all checks" (policy = "first_fit", harden = "full"): 136,
    QUARANTINE "a quarantine: a queue" (policy = "first_fit", harden = "full", quarantine = "64KiB"): 160,
    UNCHECKED "no checks" (policy = "first_fit", harden = "none"): 136,
    COUNTED "counters" (policy = "first_fit", stats = "counters"): 3912,
}

#[test]
fn what_is_not_chosen_takes_no_byte() {
    let plain = size_of_val(&PLAIN);
    assert!(size_of_val(&UNLOCKED) < plain, "a lock's place among those held over forks");
    assert!(
        size_of_val(&LIST) < plain,
        "a list keeps a head, a tree a root or a table, and what first fit knows"
    );
    assert!(plain < size_of_val(&BEST), "a root for each power of two");
    assert!(plain + 3000 < size_of_val(&COUNTED), "counters and a histogram");
}

#[test]
fn bins_are_as_many_as_the_limit_needs() {
    let sizes = [
        size_of_val(&BINS_LEAST),
        size_of_val(&BINS_SMALL),
        size_of_val(&BINS_MIB),
        size_of_val(&BINS),
    ];
    assert!(sizes.is_sorted_by(|smaller, larger| smaller < larger), "{sizes:?}");
}

#[test]
fn checks_sources_and_policies_by_address_take_no_byte() {
    let of_plain =
        [size_of_val(&UNCHECKED), size_of_val(&MAPPING), size_of_val(&WORST), size_of_val(&NEVER)];
    assert_eq!(of_plain, [size_of_val(&PLAIN); 4]);
    assert!(size_of_val(&ARRAY) < size_of_val(&PLAIN), "links take less than links or a table");
}
