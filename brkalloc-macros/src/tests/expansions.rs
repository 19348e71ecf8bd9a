//! The expansions of the main configurations. [`hygiene`](super::hygiene) tests all expansions.

use super::hygiene::assert_is_hygienic;
use super::{HEAP, formatted};
use core::fmt::Write as _;
use expect_test::{Expect, expect};

pub(super) const CONFIGURATIONS: [&str; 13] = [
    "",
    r#"arena = "64KiB", policy = "first_fit", order = "address""#,
    r#"source = "static", arena = "16KiB", unsafe(lock = "none")"#,
    r#"source = "static", arena = 4096, policy = "segregated_fit""#,
    r#"policy = "segregated_fit", order = "fifo", limit = "1GiB", lock = "spin""#,
    r#"source = "mmap", grow = "none", coalesce = "never", lock = "os", policy = "worst_fit""#,
    r#"policy = "next_fit", order = "lifo", trim = "never", coalesce = "deferred""#,
    r#"policy = "best_fit", index = "list", harden = "none", stats = "counters", lock = ::a::Raw"#,
    r#"cache = "1MiB", large = "1MiB", zero = "free", harden = "full", quarantine = "64KiB""#,
    r#"export = "malloc", source = "mmap""#,
    r#"record = "app", cache = "none""#,
    r#"policy = ::a::Rule, order = "lifo", lock = "spin""#,
    r#"policy = ::a::Rule, lock = ::a::Raw, cache = "1MiB", export = "malloc""#,
];

/// Returns the functions that `export` defines.
pub(super) const EXPORTED: [&str; 13] = [
    "malloc",
    "free",
    "calloc",
    "realloc",
    "aligned_alloc",
    "posix_memalign",
    "memalign",
    "valloc",
    "pvalloc",
    "malloc_usable_size",
    "malloc_trim",
    "free_sized",
    "free_aligned_sized",
];

fn check(arguments: &str, item: &str, expected: &Expect) {
    expected.assert_eq(&formatted(arguments, item));
    assert_is_hygienic(arguments, item);
}

#[test]
fn the_heap_of_the_readme() {
    check(
        r#"arena = "64KiB", policy = "first_fit", order = "address""#,
        "/// Docs.\n#[global_allocator]\npub static HEAP: BrkHeap;",
        &expect![[r#"
            /// Docs.
            #[global_allocator]
            /**
            A heap that `#[brk_heap]` configured:

            | option | value | set by |
            |---|---|---|
            | `source` | `"brk"` | default |
            | `arena` | `"64KiB"` | attribute |
            | `grow` | `"64KiB"` | default |
            | `limit` | as large as the target allows | default |
            | `trim` | `"1MiB"` | default |
            | `large` | `"none"` | default |
            | `policy` | `"first_fit"` | attribute |
            | `order` | `"address"` | attribute |
            | `index` | `"tree"` | default |
            | `coalesce` | `"immediate"` | default |
            | `cache` | `"none"` | default |
            | `lock` | `"os"` on Unix and Windows, else `"spin"` | default |
            | `harden` | `"basic"` | default |
            | `zero` | `"none"` | default |
            | `stats` | `"none"` | default |
            | `export` | `"none"` | default |
            | `record` | `"none"` | default |
            */
            pub static HEAP: ::brkalloc::BrkHeap<HEAP> = ::brkalloc::BrkHeap::__new();
            #[doc(hidden)]
            #[non_exhaustive]
            pub enum HEAP {}
            const _: () = {
                ::brkalloc::__private::named::<
                    (
                        ::brkalloc::__private::options::arena,
                        ::brkalloc::__private::options::policy,
                        ::brkalloc::__private::options::order,
                    ),
                >();
                ::brkalloc::__private::declared::<BrkHeap>();
                const _: () = (::brkalloc::__private::check_arena)(65536u64);
                const _: () = (::brkalloc::__private::require_source)("brk", "default");
                const _: () = (::brkalloc::__private::require_lock)("brk", "default");
                #[automatically_derived]
                impl ::brkalloc::__private::Config for HEAP {
                    type Source = ::brkalloc::__private::Brk;
                    type Index = ::brkalloc::__private::Tree<::brkalloc::__private::FirstFit>;
                    type Coalesce = ::brkalloc::__private::Immediate;
                    type Lock = ::brkalloc::__private::DefaultLock;
                    type Cache = ::brkalloc::__private::Uncached;
                    type Large = ::brkalloc::__private::Unmapped;
                    type Harden = ::brkalloc::__private::Basic;
                    type Quarantine = ::brkalloc::__private::Unquarantined;
                    type Counters = ::brkalloc::__private::Uncounted;
                    const NAME: &'static ::core::primitive::str = "HEAP";
                    const ARENA: ::core::primitive::usize = ::brkalloc::__private::bytes(65536u64);
                    const GROW: ::core::primitive::usize = ::brkalloc::__private::bytes(65536u64);
                    const LIMIT: ::core::primitive::usize = ::brkalloc::__private::bytes(
                        ::brkalloc::__private::LARGEST_LIMIT,
                    );
                    const TRIM: ::core::primitive::usize = ::brkalloc::__private::bytes(1048576u64);
                    const LOCK: Self::Lock = ::brkalloc::__private::DefaultLock::new();
                    fn heap() -> &'static ::brkalloc::BrkHeap<HEAP> {
                        &HEAP
                    }
                }
            };
        "#]],
    );
}

#[test]
fn a_static_arena_without_a_lock() {
    check(
        r#"source = "static", arena = 16384, unsafe(lock = "none")"#,
        "static ARENA: BrkHeap;",
        &expect![[r#"
            /**
            A heap that `#[brk_heap]` configured:

            | option | value | set by |
            |---|---|---|
            | `source` | `"static"` | attribute |
            | `arena` | `"16KiB"` | attribute |
            | `policy` | `"first_fit"` | default |
            | `order` | `"address"` | default |
            | `index` | `"tree"` | default |
            | `coalesce` | `"immediate"` | default |
            | `lock` | `"none"` | attribute |
            | `harden` | `"basic"` | default |
            | `zero` | `"none"` | default |
            | `stats` | `"none"` | default |
            | `export` | `"none"` | default |
            | `record` | `"none"` | default |
            */
            static ARENA: ::brkalloc::BrkHeap<ARENA> = ::brkalloc::BrkHeap::__new();
            #[doc(hidden)]
            #[non_exhaustive]
            enum ARENA {}
            const _: () = {
                ::brkalloc::__private::named::<
                    (
                        ::brkalloc::__private::options::source,
                        ::brkalloc::__private::options::arena,
                        ::brkalloc::__private::options::lock,
                    ),
                >();
                ::brkalloc::__private::declared::<BrkHeap>();
                const _: () = (::brkalloc::__private::check_arena)(16384u64);
                #[automatically_derived]
                impl ::brkalloc::__private::Config for ARENA {
                    type Source = ::brkalloc::__private::Static<ARENA, true>;
                    type Index = ::brkalloc::__private::Tree<
                        ::brkalloc::__private::FirstFit,
                        ::brkalloc::__private::Links,
                    >;
                    type Coalesce = ::brkalloc::__private::Immediate;
                    type Lock = ::brkalloc::__private::Unlocked;
                    type Cache = ::brkalloc::__private::Uncached;
                    type Large = ::brkalloc::__private::Unmapped;
                    type Harden = ::brkalloc::__private::Basic;
                    type Quarantine = ::brkalloc::__private::Unquarantined;
                    type Counters = ::brkalloc::__private::Uncounted;
                    const NAME: &'static ::core::primitive::str = "ARENA";
                    const ARENA: ::core::primitive::usize = ::brkalloc::__private::bytes(16384u64);
                    const GROW: ::core::primitive::usize = ::brkalloc::__private::bytes(0u64);
                    const LIMIT: ::core::primitive::usize = ::brkalloc::__private::bytes(16384u64);
                    const TRIM: ::core::primitive::usize = ::core::primitive::usize::MAX;
                    const LOCK: Self::Lock = unsafe { ::brkalloc::__private::Unlocked::new() };
                    fn heap() -> &'static ::brkalloc::BrkHeap<ARENA> {
                        &ARENA
                    }
                }
                const _: () = {
                    static ARENA: ::brkalloc::__private::StaticArena<
                        { ::brkalloc::__private::bytes(16384u64) },
                    > = ::brkalloc::__private::StaticArena::new();
                    #[automatically_derived]
                    impl ::brkalloc::__private::Storage<true> for ARENA {
                        fn storage() -> ::brkalloc::__private::Lent<true> {
                            ARENA.lend()
                        }
                    }
                };
            };
        "#]],
    );
}

#[test]
fn everything_written_out() {
    check(
        r#"source = "mmap", arena = "1 MiB", grow = "4KiB", limit = "16MiB", trim = "64KiB",
           policy = "segregated_fit", order = "fifo", coalesce = "deferred",
           lock = parking_lot::RawMutex, harden = "none", stats = "counters", crate = my::brkalloc"#,
        HEAP,
        &expect![[r#"
            /**
            A heap that `#[brk_heap]` configured:

            | option | value | set by |
            |---|---|---|
            | `source` | `"mmap"` | attribute |
            | `arena` | `"1MiB"` | attribute |
            | `grow` | `"4KiB"` | attribute |
            | `limit` | `"16MiB"` | attribute |
            | `trim` | `"64KiB"` | attribute |
            | `large` | `"none"` | default |
            | `policy` | `"segregated_fit"` | attribute |
            | `order` | `"fifo"` | attribute |
            | `coalesce` | `"deferred"` | attribute |
            | `cache` | `"none"` | default |
            | `lock` | `parking_lot::RawMutex` | attribute |
            | `harden` | `"none"` | attribute |
            | `zero` | `"none"` | default |
            | `stats` | `"counters"` | attribute |
            | `export` | `"none"` | default |
            | `record` | `"none"` | default |
            | `crate` | `my::brkalloc` | attribute |
            */
            static HEAP: my::brkalloc::BrkHeap<HEAP> = my::brkalloc::BrkHeap::__new();
            #[doc(hidden)]
            #[non_exhaustive]
            enum HEAP {}
            const _: () = {
                my::brkalloc::__private::named::<
                    (
                        my::brkalloc::__private::options::source,
                        my::brkalloc::__private::options::arena,
                        my::brkalloc::__private::options::grow,
                        my::brkalloc::__private::options::limit,
                        my::brkalloc::__private::options::trim,
                        my::brkalloc::__private::options::policy,
                        my::brkalloc::__private::options::order,
                        my::brkalloc::__private::options::coalesce,
                        my::brkalloc::__private::options::lock,
                        my::brkalloc::__private::options::harden,
                        my::brkalloc::__private::options::stats,
                    ),
                >();
                my::brkalloc::__private::declared::<BrkHeap>();
                const _: () = (my::brkalloc::__private::check_arena)(1048576u64);
                const _: () = (my::brkalloc::__private::check_limit)(16777216u64);
                const _: () = (my::brkalloc::__private::check_grow)(4096u64);
                const _: () = (my::brkalloc::__private::check_trim)(65536u64);
                const _: () = (my::brkalloc::__private::require_source)("mmap", "none");
                #[automatically_derived]
                impl my::brkalloc::__private::Config for HEAP {
                    type Source = my::brkalloc::__private::Mmap;
                    type Index = my::brkalloc::__private::Bins<
                        my::brkalloc::__private::Fifo,
                        { my::brkalloc::__private::classes(16777216u64) },
                    >;
                    type Coalesce = my::brkalloc::__private::Deferred;
                    type Lock = my::brkalloc::__private::PathLock<HEAP>;
                    type Cache = my::brkalloc::__private::Uncached;
                    type Large = my::brkalloc::__private::Unmapped;
                    type Harden = my::brkalloc::__private::Unchecked;
                    type Quarantine = my::brkalloc::__private::Unquarantined;
                    type Counters = my::brkalloc::__private::Counted;
                    const NAME: &'static ::core::primitive::str = "HEAP";
                    const ARENA: ::core::primitive::usize = my::brkalloc::__private::bytes(
                        1048576u64,
                    );
                    const GROW: ::core::primitive::usize = my::brkalloc::__private::bytes(4096u64);
                    const LIMIT: ::core::primitive::usize = my::brkalloc::__private::bytes(
                        16777216u64,
                    );
                    const TRIM: ::core::primitive::usize = my::brkalloc::__private::bytes(65536u64);
                    const LOCK: Self::Lock = my::brkalloc::__private::PathLock::new();
                    const LOCK_OPTION: &'static ::core::primitive::str = "lock = parking_lot::RawMutex";
                    const CRATE: &'static ::core::primitive::str = "my::brkalloc";
                    fn heap() -> &'static my::brkalloc::BrkHeap<HEAP> {
                        &HEAP
                    }
                }
                #[automatically_derived]
                impl my::brkalloc::__private::ByPath for HEAP {
                    type Raw = parking_lot::RawMutex;
                }
            };
        "#]],
    );
}

#[test]
fn a_policy_and_a_lock_by_their_paths() {
    check(
        r#"policy = a::Rule, grow = "none", lock = ::b::Raw"#,
        HEAP,
        &expect![[r#"
            /**
            A heap that `#[brk_heap]` configured:

            | option | value | set by |
            |---|---|---|
            | `source` | `"brk"` | default |
            | `arena` | `"64KiB"` | default |
            | `grow` | `"none"` | attribute |
            | `large` | `"none"` | default |
            | `policy` | `a::Rule` | attribute |
            | `order` | `"address"` | default |
            | `index` | `"list"` | default |
            | `coalesce` | `"immediate"` | default |
            | `cache` | `"none"` | default |
            | `lock` | `::b::Raw` | attribute |
            | `harden` | `"basic"` | default |
            | `zero` | `"none"` | default |
            | `stats` | `"none"` | default |
            | `export` | `"none"` | default |
            | `record` | `"none"` | default |
            */
            static HEAP: ::brkalloc::BrkHeap<HEAP> = ::brkalloc::BrkHeap::__new();
            #[doc(hidden)]
            #[non_exhaustive]
            enum HEAP {}
            const _: () = {
                ::brkalloc::__private::named::<
                    (
                        ::brkalloc::__private::options::policy,
                        ::brkalloc::__private::options::grow,
                        ::brkalloc::__private::options::lock,
                    ),
                >();
                ::brkalloc::__private::declared::<BrkHeap>();
                const _: () = (::brkalloc::__private::require_source)("brk", "none");
                #[automatically_derived]
                impl ::brkalloc::__private::Config for HEAP {
                    type Source = ::brkalloc::__private::Brk;
                    type Index = ::brkalloc::__private::List<
                        ::brkalloc::__private::PathPolicy<HEAP>,
                        ::brkalloc::__private::Address,
                    >;
                    type Coalesce = ::brkalloc::__private::Immediate;
                    type Lock = ::brkalloc::__private::Noticing<
                        HEAP,
                        ::brkalloc::__private::PathLock<HEAP>,
                    >;
                    type Cache = ::brkalloc::__private::Uncached;
                    type Large = ::brkalloc::__private::Unmapped;
                    type Harden = ::brkalloc::__private::Basic;
                    type Quarantine = ::brkalloc::__private::Unquarantined;
                    type Counters = ::brkalloc::__private::Uncounted;
                    const NAME: &'static ::core::primitive::str = "HEAP";
                    const ARENA: ::core::primitive::usize = ::brkalloc::__private::bytes(65536u64);
                    const GROW: ::core::primitive::usize = ::brkalloc::__private::bytes(0u64);
                    const LIMIT: ::core::primitive::usize = ::brkalloc::__private::bytes(65536u64);
                    const TRIM: ::core::primitive::usize = ::core::primitive::usize::MAX;
                    const LOCK: Self::Lock = ::brkalloc::__private::Noticing::new(
                        ::brkalloc::__private::PathLock::new(),
                    );
                    const LOCK_OPTION: &'static ::core::primitive::str = "lock = ::b::Raw";
                    fn heap() -> &'static ::brkalloc::BrkHeap<HEAP> {
                        &HEAP
                    }
                }
                #[automatically_derived]
                impl ::brkalloc::__private::ByPlacement for HEAP {
                    type Placement = a::Rule;
                    const PATH: &'static ::core::primitive::str = "a::Rule";
                }
                #[automatically_derived]
                impl ::brkalloc::__private::ByPath for HEAP {
                    type Raw = ::b::Raw;
                }
            };
        "#]],
    );
}

#[test]
fn a_list_in_last_in_first_out_order_on_a_fixed_arena() {
    check(
        r#"grow = "none", policy = "next_fit", order = "lifo", lock = "spin""#,
        HEAP,
        &expect![[r#"
            /**
            A heap that `#[brk_heap]` configured:

            | option | value | set by |
            |---|---|---|
            | `source` | `"brk"` | default |
            | `arena` | `"64KiB"` | default |
            | `grow` | `"none"` | attribute |
            | `large` | `"none"` | default |
            | `policy` | `"next_fit"` | attribute |
            | `order` | `"lifo"` | attribute |
            | `index` | `"list"` | default |
            | `coalesce` | `"immediate"` | default |
            | `cache` | `"none"` | default |
            | `lock` | `"spin"` | attribute |
            | `harden` | `"basic"` | default |
            | `zero` | `"none"` | default |
            | `stats` | `"none"` | default |
            | `export` | `"none"` | default |
            | `record` | `"none"` | default |
            */
            static HEAP: ::brkalloc::BrkHeap<HEAP> = ::brkalloc::BrkHeap::__new();
            #[doc(hidden)]
            #[non_exhaustive]
            enum HEAP {}
            const _: () = {
                ::brkalloc::__private::named::<
                    (
                        ::brkalloc::__private::options::grow,
                        ::brkalloc::__private::options::policy,
                        ::brkalloc::__private::options::order,
                        ::brkalloc::__private::options::lock,
                    ),
                >();
                ::brkalloc::__private::declared::<BrkHeap>();
                const _: () = (::brkalloc::__private::require_source)("brk", "spin");
                const _: () = (::brkalloc::__private::require_lock)("brk", "spin");
                #[automatically_derived]
                impl ::brkalloc::__private::Config for HEAP {
                    type Source = ::brkalloc::__private::Brk;
                    type Index = ::brkalloc::__private::List<
                        ::brkalloc::__private::NextFit,
                        ::brkalloc::__private::Lifo,
                    >;
                    type Coalesce = ::brkalloc::__private::Immediate;
                    type Lock = ::brkalloc::__private::SpinLock;
                    type Cache = ::brkalloc::__private::Uncached;
                    type Large = ::brkalloc::__private::Unmapped;
                    type Harden = ::brkalloc::__private::Basic;
                    type Quarantine = ::brkalloc::__private::Unquarantined;
                    type Counters = ::brkalloc::__private::Uncounted;
                    const NAME: &'static ::core::primitive::str = "HEAP";
                    const ARENA: ::core::primitive::usize = ::brkalloc::__private::bytes(65536u64);
                    const GROW: ::core::primitive::usize = ::brkalloc::__private::bytes(0u64);
                    const LIMIT: ::core::primitive::usize = ::brkalloc::__private::bytes(65536u64);
                    const TRIM: ::core::primitive::usize = ::core::primitive::usize::MAX;
                    const LOCK: Self::Lock = ::brkalloc::__private::SpinLock::new();
                    fn heap() -> &'static ::brkalloc::BrkHeap<HEAP> {
                        &HEAP
                    }
                }
            };
        "#]],
    );
}

#[test]
fn a_mistake_and_the_static() {
    check(
        r#"arean = "128KiB", policy = "best_fit""#,
        HEAP,
        &expect![[r#"
            ::core::compile_error! {
                "unknown option `arean`\nhelp: did you mean `arena`?"
            }
            static HEAP: ::brkalloc::BrkHeap<HEAP> = ::brkalloc::BrkHeap::__new();
            #[doc(hidden)]
            #[non_exhaustive]
            enum HEAP {}
            const _: () = {
                ::brkalloc::__private::named::<(::brkalloc::__private::options::policy,)>();
                ::brkalloc::__private::declared::<BrkHeap>();
                #[automatically_derived]
                impl ::brkalloc::__private::Config for HEAP {
                    type Source = ::brkalloc::__private::Brk;
                    type Index = ::brkalloc::__private::Bins<
                        ::brkalloc::__private::Fifo,
                        { ::brkalloc::__private::classes(::brkalloc::__private::LARGEST_LIMIT) },
                    >;
                    type Coalesce = ::brkalloc::__private::Immediate;
                    type Lock = ::brkalloc::__private::DefaultLock;
                    type Cache = ::brkalloc::__private::Uncached;
                    type Large = ::brkalloc::__private::Unmapped;
                    type Harden = ::brkalloc::__private::Basic;
                    type Quarantine = ::brkalloc::__private::Unquarantined;
                    type Counters = ::brkalloc::__private::Uncounted;
                    const NAME: &'static ::core::primitive::str = "HEAP";
                    const ARENA: ::core::primitive::usize = ::brkalloc::__private::bytes(65536u64);
                    const GROW: ::core::primitive::usize = ::brkalloc::__private::bytes(65536u64);
                    const LIMIT: ::core::primitive::usize = ::brkalloc::__private::bytes(
                        ::brkalloc::__private::LARGEST_LIMIT,
                    );
                    const TRIM: ::core::primitive::usize = ::brkalloc::__private::bytes(1048576u64);
                    const LOCK: Self::Lock = ::brkalloc::__private::DefaultLock::new();
                    fn heap() -> &'static ::brkalloc::BrkHeap<HEAP> {
                        &HEAP
                    }
                }
            };
        "#]],
    );
}

/// Three attributes, and what their heaps are.
const PAGE: [(&str, &str); 3] = [
    (
        "",
        "The default: a cache per thread over segregated fit. `caches!` declares the thread-locals.",
    ),
    (
        r#"arena = "64KiB", policy = "first_fit", order = "address""#,
        "A placement by name: no cache, and a table that finds the lowest chunk that fits.",
    ),
    (
        r#"preset = "embedded", arena = "16KiB", unsafe(lock = "none")"#,
        "Firmware: an array, a list, and no lock, by the user's own `unsafe`.",
    ),
];

#[test]
fn the_page_of_expansions_shows_three() {
    let mut page = String::from(
        "# What the attribute expands to\n\nThe static, a type of the same name, and the configuration of \
         that type: each choice is a type or a\nconstant. Options that were not selected are the types \
         that do nothing. The static's documentation,\na table of its options, is left out here.\n",
    );
    for (arguments, what) in PAGE {
        let text = formatted(arguments, HEAP);
        let from = text.find("static HEAP").expect("there is a static");
        let attribute = if arguments.is_empty() {
            "brk_heap".to_owned()
        } else {
            format!("brk_heap({arguments})")
        };
        let _ = write!(page, "\n## `#[{attribute}]`\n\n{what}\n\n```text\n{}```\n", &text[from..]);
    }
    expect_test::expect_file!["../../../docs/expansion.md"].assert_eq(&page);
}
