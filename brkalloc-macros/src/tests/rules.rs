//! Options that conflict are mistakes, and defaults never conflict.

use super::{headlines, mistakes, tokens};
use crate::args::Args;
use crate::diag::Sink;
use crate::settings::{Index, Settings};
use expect_test::{Expect, expect};

fn check(arguments: &str, expected: &Expect) {
    expected.assert_eq(&mistakes(arguments));
}

fn settings(arguments: &str) -> Settings {
    assert_eq!(mistakes(arguments), "", "{arguments}");
    Settings::new(&Args::parse(tokens(arguments), &mut Sink::default()))
}

#[test]
fn a_static_arena_takes_no_growth_no_limit_and_no_trim() {
    check(
        r#"source = "static", arena = "4KiB", grow = "4KiB", limit = "1MiB", trim = "never""#,
        &expect![[r#"
            error: `grow` has no effect with `source = "static"`
            help: remove `grow`, or choose `source = "brk"`
            note: a static arena cannot grow
              --> "4KiB"
            error: `limit` has no effect with `source = "static"`
            help: remove `limit`, or choose `source = "brk"`
            note: a static arena is exactly `arena` bytes
              --> "1MiB"
            error: `trim` has no effect with `source = "static"`
            help: remove `trim`, or choose `source = "brk"`
            note: a static arena has no pages to give back
              --> "never"
        "#]],
    );
    check(
        r#"source = "static", arena = "4KiB", grow = "none""#,
        &expect![[r#"
        error: `grow` has no effect with `source = "static"`
        help: remove `grow`, or choose `source = "brk"`
        note: a static arena cannot grow
          --> "none"
    "#]],
    );
}

#[test]
fn a_static_arena_needs_its_size() {
    check(
        r#"source = "static", policy = "best_fit""#,
        &expect![[r#"
        error: `source = "static"` needs `arena`
        help: give the heap a size: `#[brk_heap(source = "static", arena = "64KiB")]`
          --> "static"
    "#]],
    );
}

#[test]
fn a_misspelt_size_of_a_static_arena_is_one_mistake() {
    for arena in ["arean = 4096", "arena = \"4KB\"", "arena", "arena 4096", "arena = 0"] {
        let shown = headlines(&format!("source = \"static\", {arena}"));
        assert_eq!(shown.len(), 1, "`{arena}`: {shown:?}");
    }
}

#[test]
fn an_arena_is_at_most_its_limit() {
    check(
        r#"arena = "1MiB", limit = "64KiB""#,
        &expect![[r#"
        error: `limit` is smaller than `arena`
        help: write `limit = "1MiB"` or more, or lower `arena` to `"64KiB"`
        note: `arena` starts the heap at 1048576 bytes; `limit` caps it at 65536
          --> "64KiB"
    "#]],
    );
    assert_eq!(headlines(r#"arena = "1MiB", limit = "1MiB""#).len(), 0);
}

#[test]
fn growth_is_at_most_the_limit() {
    check(
        r#"grow = "2MiB", limit = "1MiB""#,
        &expect![[r#"
        error: `grow` is larger than `limit`
        help: write `grow = "1MiB"` or less, or raise `limit`
        note: `limit` caps the heap at 1048576 bytes; `grow` adds 2097152
          --> "2MiB"
    "#]],
    );
    assert_eq!(headlines(r#"grow = "1MiB", limit = "1MiB""#).len(), 0);
}

#[test]
fn an_arena_as_large_as_its_limit_has_nothing_to_grow() {
    check(
        r#"arena = "1MiB", grow = "4KiB", limit = 1048576"#,
        &expect![[r#"
        error: `grow` has no effect with `limit = "1MiB"`
        help: remove `grow`, or begin with a smaller `arena`
        note: the arena begins with 1048576 bytes, and `limit` caps it there
          --> "4KiB"
    "#]],
    );
    check(
        r#"grow = "4KiB", limit = "32KiB""#,
        &expect![[r#"
        error: `grow` has no effect with `limit = "32KiB"`
        help: remove `grow`, or begin with a smaller `arena`
        note: the arena begins with 32768 bytes, and `limit` caps it there
          --> "4KiB"
    "#]],
    );
}

#[test]
fn a_limit_reaches_64_gib_and_no_farther() {
    check(
        r#"limit = "65GiB""#,
        &expect![[r#"
        error: `limit` is above 64 GiB
        help: write `limit = "64GiB"` or less, or leave it out
        note: chunk offsets count 16-byte granules in 32 bits, which reach 64 GiB
          --> "65GiB"
    "#]],
    );
    assert_eq!(headlines(r#"limit = "64GiB""#).len(), 0);
}

#[test]
fn arenas_and_growth_reach_no_farther_than_a_limit() {
    check(
        r#"arena = "65GiB", grow = "1TiB""#,
        &expect![[r#"
        error: `arena` is above 64 GiB
        help: write `arena = "64GiB"` or less
        note: chunk offsets count 16-byte granules in 32 bits, which reach 64 GiB
          --> "65GiB"
        error: `grow` is above 64 GiB
        help: write `grow = "64GiB"` or less
        note: chunk offsets count 16-byte granules in 32 bits, which reach 64 GiB
          --> "1TiB"
    "#]],
    );
    assert_eq!(headlines(r#"arena = "64GiB""#).len(), 0);
    assert_eq!(headlines(r#"grow = "64GiB""#).len(), 0);
    // This is one mistake: the limit is not reported as too small.
    assert_eq!(headlines(r#"arena = "65GiB", limit = "1GiB""#), ["`arena` is above 64 GiB"]);
}

#[test]
fn a_trim_that_no_heap_reaches_has_no_effect() {
    check(
        r#"trim = "64GiB""#,
        &expect![[r#"
        error: `trim = "64GiB"` has no effect
        help: write a `trim` below `"64GiB"`, or `trim = "never"`
        note: a heap reaches 64 GiB at most, and `trim` waits for more
          --> "64GiB"
    "#]],
    );
    assert_eq!(headlines("trim = 68719476735").len(), 0);
}

#[test]
fn a_default_trim_that_the_arena_never_exceeds_is_none() {
    assert_eq!(settings(r#"limit = "1MiB""#).trim, None);
    assert_eq!(settings(r#"limit = "1025KiB""#).trim, Some(1 << 20));
    assert_eq!(settings(r#"grow = "32GiB""#).trim, None);
}

#[test]
fn a_fixed_arena_takes_no_limit_and_no_trim() {
    check(
        r#"grow = "none", limit = "1MiB", trim = "64KiB""#,
        &expect![[r#"
        error: `limit` has no effect with `grow = "none"`
        help: remove `limit`, or let the heap grow: `grow = "64KiB"`
        note: an arena that does not grow stays at `arena` bytes
          --> "1MiB"
        error: `trim` has no effect with `grow = "none"`
        help: remove `trim`, or let the heap grow: `grow = "64KiB"`
        note: an arena that does not grow has nothing to give back
          --> "64KiB"
    "#]],
    );
}

#[test]
fn trim_is_at_least_growth() {
    check(
        r#"grow = "1MiB", trim = "64KiB""#,
        &expect![[r#"
        error: `trim` is smaller than `grow`
        help: write `trim = "1MiB"` or more, or lower `grow` to `"64KiB"`
        note: the heap would give back what it just took
          --> "64KiB"
    "#]],
    );
    assert_eq!(headlines(r#"grow = "1MiB", trim = "1MiB""#).len(), 0);
}

#[test]
fn trim_is_below_the_limit() {
    check(
        r#"limit = "1MiB", trim = "1MiB""#,
        &expect![[r#"
        error: `trim` has no effect with `limit = "1MiB"`
        help: write a `trim` below `limit`, or `trim = "never"`
        note: at most 1048576 bytes can be free, and `trim` waits for more than 1048576
          --> "1MiB"
    "#]],
    );
    assert_eq!(headlines(r#"limit = "1MiB", trim = "1023KiB""#).len(), 0);
}

#[test]
fn a_heap_that_never_merges_cannot_trim() {
    check(
        r#"coalesce = "never", trim = "64KiB", grow = "1MiB""#,
        &expect![[r#"
        error: `trim` has no effect with `coalesce = "never"`
        help: remove `trim`, or merge free chunks with `coalesce = "deferred"`
        note: a heap that never merges cannot trim
          --> "64KiB"
    "#]],
    );
}

#[test]
fn a_tree_needs_address_order() {
    check(
        r#"order = "fifo", index = "tree""#,
        &expect![[r#"
        error: `index = "tree"` cannot be combined with `order = "fifo"`
        help: use `index = "list"`, or keep the tree with `order = "address"`
        note: a tree sorts chunks by address, not first-in-first-out
          --> "tree"
    "#]],
    );
    assert_eq!(headlines(r#"order = "address", index = "tree""#).len(), 0);
    assert_eq!(headlines(r#"order = "lifo", index = "list""#).len(), 0);
    check(
        r#"policy = a::Rule, order = "lifo", index = "tree""#,
        &expect![[r#"
            error: `index = "tree"` cannot be combined with `policy = a::Rule`
            help: use `index = "list"`, or leave `index` out
            note: a tree knows the built-in policies; yours is asked along a list
              --> "tree"
        "#]],
    );
}

#[test]
fn segregated_fit_takes_no_index() {
    check(
        r#"policy = "segregated_fit", order = "lifo", index = "tree""#,
        &expect![[r#"
        error: `index` has no effect with `policy = "segregated_fit"`
        help: remove `index`, or choose another `policy`, such as `policy = "first_fit"`
        note: segregated fit finds chunks through bins of its own
          --> "tree"
    "#]],
    );
    assert_eq!(headlines(r#"policy = "segregated_fit", order = "fifo""#).len(), 0);
}

#[test]
fn an_array_cannot_serve_the_process() {
    check(
        r#"source = "static", arena = "4KiB", export = "malloc""#,
        &expect![[r#"
        error: `export = "malloc"` cannot be combined with `source = "static"`
        help: remove `export`, or choose `source = "brk"`
        note: exported functions serve the whole process, and a static arena cannot grow
          --> "malloc"
    "#]],
    );
    assert_eq!(headlines(r#"source = "static", arena = "4KiB", export = "none""#).len(), 0);
    assert_eq!(headlines(r#"grow = "none", arena = "4MiB", export = "malloc""#).len(), 0);
}

#[test]
fn two_options_that_fail_independently_are_two_mistakes() {
    let shown = headlines(
        r#"arena = "1MiB", limit = "4KiB", lock = "none", index = "tree", order = "lifo""#,
    );
    assert_eq!(shown.len(), 3, "{shown:?}");
}

#[test]
fn defaults_without_written_options() {
    let plain = settings("");
    assert_eq!((plain.arena, plain.grow), (64 << 10, 64 << 10));
    assert_eq!((plain.limit, plain.trim), (None, Some(1 << 20)));
}

#[test]
fn defaults_fit_a_small_limit() {
    let small = settings(r#"limit = "8KiB""#);
    assert_eq!((small.arena, small.grow, small.limit), (8 << 10, 8 << 10, Some(8 << 10)));
}

#[test]
fn default_growth_fits_a_small_trim() {
    let eager = settings(r#"trim = "16KiB""#);
    assert_eq!((eager.grow, eager.trim), (16 << 10, Some(16 << 10)));
}

#[test]
fn default_trim_is_twice_a_large_growth() {
    assert_eq!(settings(r#"grow = "4MiB""#).trim, Some(8 << 20));
    assert_eq!(settings(r#"grow = "512KiB""#).trim, Some(1 << 20));
}

#[test]
fn a_fixed_arena_is_its_own_limit() {
    for fixed in [r#"source = "static", arena = 4096"#, r#"grow = "none", arena = 4096"#] {
        let fixed = settings(fixed);
        assert_eq!((fixed.arena, fixed.grow), (4096, 0));
        assert_eq!((fixed.limit, fixed.trim), (Some(4096), None));
    }
}

#[test]
fn a_heap_that_never_merges_keeps_its_pages() {
    assert_eq!(settings(r#"coalesce = "never""#).trim, None);
    assert_eq!(settings(r#"coalesce = "deferred""#).trim, Some(1 << 20));
}

/// Returns the index, and the words selected for it.
fn index(arguments: &str) -> (&'static str, Vec<&'static str>) {
    match settings(arguments).index {
        Index::Tree { policy, .. } => ("tree", vec![policy.item]),
        Index::List { policy, order } => ("list", vec![policy.item, order.item]),
        Index::Own { order, .. } => ("list", vec!["", order.item]),
        Index::Bins { bins, order } => ("bins", vec![bins.item, order.item]),
    }
}

#[test]
fn address_order_is_a_tree_unless_a_list_is_written() {
    for order in [r#"cache = "none","#, r#"order = "address","#] {
        assert_eq!(index(order), ("tree", vec!["FirstFit"]));
        let list = index(&format!("{order} index = \"list\""));
        assert_eq!(list, ("list", vec!["FirstFit", "Address"]));
    }
}

#[test]
fn other_orders_are_lists() {
    assert_eq!(index(r#"order = "lifo""#), ("list", vec!["FirstFit", "Lifo"]));
    let fifo = index(r#"order = "fifo", index = "list", policy = "best_fit""#);
    assert_eq!(fifo, ("list", vec!["BestFit", "Fifo"]));
}

#[test]
fn a_policy_by_its_path_is_a_list_in_any_order() {
    for (order, item) in [
        ("", "Address"),
        (r#", order = "address""#, "Address"),
        (r#", order = "lifo", index = "list""#, "Lifo"),
        (r#", order = "fifo""#, "Fifo"),
    ] {
        let arguments = format!("policy = a::Rule{order}");
        assert_eq!(mistakes(&arguments), "");
        assert_eq!(index(&arguments), ("list", vec!["", item]));
    }
}

#[test]
fn segregated_fit_has_bins_in_first_in_first_out_order() {
    assert_eq!(index(r#"policy = "segregated_fit""#), ("bins", vec!["Bins", "Fifo"]));
    let by_address = index(r#"policy = "segregated_fit", order = "address""#);
    assert_eq!(by_address, ("bins", vec!["Bins", "Address"]));
}

#[test]
fn a_cache_needs_mappings_and_fits_the_limit() {
    check(
        r#"source = "static", arena = "64KiB", cache = "16KiB""#,
        &expect![[r#"
        error: `cache` has no effect with `source = "static"`
        help: remove `cache`, or choose `source = "brk"`
        note: a cache keeps its tables in a mapping, and a static arena has none
          --> "16KiB"
    "#]],
    );
    check(
        r#"limit = "1MiB", cache = "2MiB""#,
        &expect![[r#"
        error: `cache` is larger than `limit`
        help: write `cache = "1MiB"` or less, or raise `limit`
        note: `limit` caps the heap at 1048576 bytes; each thread may keep 2097152
          --> "2MiB"
    "#]],
    );
    check(
        r#"source = "static", arena = "64KiB", cache = "none""#,
        &expect![[r#"
        error: `cache` has no effect with `source = "static"`
        help: remove `cache`, or choose `source = "brk"`
        note: a cache keeps its tables in a mapping, and a static arena has none
          --> "none"
    "#]],
    );
}

#[test]
fn a_static_arena_takes_no_mappings() {
    check(
        r#"source = "static", arena = "64KiB", large = "64KiB""#,
        &expect![[r#"
        error: `large` has no effect with `source = "static"`
        help: remove `large`, or choose `source = "brk"`
        note: a heap with a static arena takes no mappings from the system
          --> "64KiB"
    "#]],
    );
    check(
        r#"source = "static", arena = "64KiB", large = "none""#,
        &expect![[r#"
        error: `large` has no effect with `source = "static"`
        help: remove `large`, or choose `source = "brk"`
        note: a heap with a static arena takes no mappings from the system
          --> "none"
    "#]],
    );
    check(
        r#"large = 0"#,
        &expect![[r#"
        error: `large` must not be zero
        help: leave `large` out to serve all requests from the arena
          --> 0
    "#]],
    );
}

#[test]
fn a_quarantine_needs_full_hardening_and_fits_the_limit() {
    check(
        r#"quarantine = "64KiB""#,
        &expect![[r#"
        error: `quarantine` has no effect without `harden = "full"`
        help: write `harden = "full"` too, or remove `quarantine`
        note: only a fully hardened heap checks quarantined blocks
          --> "64KiB"
    "#]],
    );
    check(
        r#"harden = "basic", quarantine = "none""#,
        &expect![[r#"
        error: `quarantine` has no effect without `harden = "full"`
        help: write `harden = "full"` too, or remove `quarantine`
        note: only a fully hardened heap checks quarantined blocks
          --> "none"
    "#]],
    );
    check(
        r#"harden = "full", quarantine = "2MiB", limit = "1MiB""#,
        &expect![[r#"
        error: `quarantine` is larger than `limit`
        help: write `quarantine = "1MiB"` or less, or raise `limit`
        note: `limit` caps the heap at 1048576 bytes; the quarantine may hold 2097152
          --> "2MiB"
    "#]],
    );
    check(r#"harden = "full", quarantine = "1MiB", limit = "1MiB""#, &expect![[""]]);
    check(r#"harden = "full", quarantine = "none""#, &expect![[""]]);
}

#[test]
fn exported_functions_may_have_a_cache() {
    check(r#"export = "malloc", cache = "1MiB""#, &expect![[""]]);
    check(r#"export = "none", cache = "1MiB""#, &expect![[""]]);
}

#[test]
fn an_array_is_at_most_a_gibibyte() {
    assert_eq!(mistakes(r#"source = "static", arena = "1GiB""#), "");
    check(
        r#"source = "static", arena = "1025MiB""#,
        &expect![[r#"
            error: `arena` is above 1 GiB with `source = "static"`
            help: write `arena = "1GiB"` or less, or choose `source = "mmap"`
            note: the statics of a program lie within 2 GiB of its code
              --> "1025MiB"
        "#]],
    );
    assert_eq!(mistakes(r#"source = "mmap", arena = "8GiB""#), "");
}

#[test]
fn a_total_needs_a_cache_and_is_no_less_than_one_and_no_more_than_the_limit() {
    check(
        r#"cache = "none", cache_total = "1MiB""#,
        &expect![[r#"
        error: `cache_total` has no effect without a cache
        help: write a `cache`, such as `cache = "1MiB"`, or remove `cache_total`
        note: it bounds what the caches of all threads hold together
          --> "1MiB"
    "#]],
    );
    check(
        r#"policy = "first_fit", cache_total = "1MiB""#,
        &expect![[r#"
        error: `cache_total` has no effect without a cache
        help: write a `cache`, such as `cache = "1MiB"`, or remove `cache_total`
        note: it bounds what the caches of all threads hold together
          --> "1MiB"
    "#]],
    );
    check(
        r#"cache = "1MiB", cache_total = "64KiB""#,
        &expect![[r#"
        error: `cache_total` is smaller than `cache`
        help: write `cache_total = "1MiB"` or more, or `cache = "64KiB"` or less
        note: each thread may keep 1048576 bytes, and all together 65536
          --> "64KiB"
    "#]],
    );
    check(
        r#"cache_total = "2MiB", limit = "1MiB""#,
        &expect![[r#"
        error: `cache_total` is larger than `limit`
        help: write `cache_total = "1MiB"` or less, or raise `limit`
        note: `limit` caps the heap at 1048576 bytes; all threads may keep 2097152
          --> "2MiB"
    "#]],
    );
    check(r#"cache_total = "64KiB""#, &expect![[""]]);
    check(r#"preset = "fast", cache_total = "1MiB""#, &expect![[""]]);
}

#[test]
fn memory_that_only_the_linker_knows_is_the_users_word() {
    check(
        r#"source = "linker""#,
        &expect![[r#"
        error: `source = "linker"` must be written `unsafe(source = "linker")`
        help: write `unsafe(source = "linker")` if the linker script keeps the memory from `__heap_start` to `__heap_end` for this heap alone
        note: no compiler sees what the linker places there
          --> source = "linker"
    "#]],
    );
    check(r#"unsafe(source = "linker"), limit = "64KiB""#, &expect![[""]]);
    check(
        r#"unsafe(source = "mmap")"#,
        &expect![[r#"
        error: `source = "mmap"` is not unsafe
        help: write `source = "mmap"` without `unsafe(...)`
          --> unsafe
    "#]],
    );
}

#[test]
fn memory_known_late_has_a_limit_and_no_arena() {
    check(r#"source = "slice", limit = "64KiB""#, &expect![[""]]);
    check(
        r#"source = "slice", arena = "64KiB", grow = "none""#,
        &expect![[r#"
        error: `arena` has no effect with `source = "slice"`
        help: remove `arena`, or write `limit` for the most that the heap may use
        note: the bytes that `init` is given decide how large it is
          --> "64KiB"
        error: `grow` has no effect with `source = "slice"`
        help: remove `grow`, or choose `source = "brk"`
        note: memory that the heap is given cannot grow
          --> "none"
    "#]],
    );
    let late = settings(r#"source = "slice", policy = "segregated_fit", limit = "64KiB""#);
    assert_eq!((late.arena, late.grow, late.limit), (0, 0, Some(64 << 10)));
    assert_eq!((late.cache, settings(r#"source = "slice""#).limit), (None, None));
}
