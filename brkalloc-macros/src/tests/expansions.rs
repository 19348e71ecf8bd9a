//! The expansions of the main configurations. [`hygiene`](super::hygiene) tests all expansions.

use super::hygiene::assert_is_hygienic;
use super::{HEAP, expanded, formatted, walk};
use expect_test::{Expect, expect};
use proc_macro2::TokenTree;

pub(super) const CONFIGURATIONS: [&str; 12] = [
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
    r#"policy = ::a::Rule, order = "lifo", lock = "spin""#,
    r#"policy = ::a::Rule, lock = ::a::Raw, cache = "1MiB", export = "malloc""#,
];

/// Returns the functions that `export` defines.
pub(super) const EXPORTED: [&str; 12] = [
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
            | `lock` | `"os"` on Unix, else `"spin"` | default |
            | `harden` | `"basic"` | default |
            | `zero` | `"none"` | default |
            | `stats` | `"none"` | default |
            | `export` | `"none"` | default |
            */
            pub static HEAP: ::brkalloc::BrkHeap<HEAP> = ::brkalloc::BrkHeap::__new();
            #[doc(hidden)]
            #[allow(non_camel_case_types)]
            pub enum HEAP {}
            const _: () = {
                #[allow(unused_imports)]
                use ::brkalloc::__private::options::{arena as _, policy as _, order as _};
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
            */
            static ARENA: ::brkalloc::BrkHeap<ARENA> = ::brkalloc::BrkHeap::__new();
            #[doc(hidden)]
            #[allow(non_camel_case_types)]
            enum ARENA {}
            const _: () = {
                #[allow(unused_imports)]
                use ::brkalloc::__private::options::{source as _, arena as _, lock as _};
                ::brkalloc::__private::declared::<BrkHeap>();
                const _: () = (::brkalloc::__private::check_arena)(16384u64);
                #[automatically_derived]
                impl ::brkalloc::__private::Config for ARENA {
                    type Source = ::brkalloc::__private::Static<ARENA>;
                    type Index = ::brkalloc::__private::Tree<::brkalloc::__private::FirstFit>;
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
                    impl ::brkalloc::__private::Storage for ARENA {
                        fn storage() -> ::brkalloc::__private::Lent {
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
            | `crate` | `my::brkalloc` | attribute |
            */
            static HEAP: my::brkalloc::BrkHeap<HEAP> = my::brkalloc::BrkHeap::__new();
            #[doc(hidden)]
            #[allow(non_camel_case_types)]
            enum HEAP {}
            const _: () = {
                #[allow(unused_imports)]
                use my::brkalloc::__private::options::{
                    source as _, arena as _, grow as _, limit as _, trim as _, policy as _,
                    order as _, coalesce as _, lock as _, harden as _, stats as _,
                };
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
            */
            static HEAP: ::brkalloc::BrkHeap<HEAP> = ::brkalloc::BrkHeap::__new();
            #[doc(hidden)]
            #[allow(non_camel_case_types)]
            enum HEAP {}
            const _: () = {
                #[allow(unused_imports)]
                use ::brkalloc::__private::options::{policy as _, grow as _, lock as _};
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
            */
            static HEAP: ::brkalloc::BrkHeap<HEAP> = ::brkalloc::BrkHeap::__new();
            #[doc(hidden)]
            #[allow(non_camel_case_types)]
            enum HEAP {}
            const _: () = {
                #[allow(unused_imports)]
                use ::brkalloc::__private::options::{grow as _, policy as _, order as _, lock as _};
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
            #[allow(non_camel_case_types)]
            enum HEAP {}
            const _: () = {
                #[allow(unused_imports)]
                use ::brkalloc::__private::options::policy as _;
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

#[test]
fn the_functions_of_c() {
    let text = formatted(r#"export = "malloc""#, HEAP);
    let (implementation, functions) =
        text.split_once("#[unsafe(no_mangle)]\n").expect("there are functions");
    assert!(
        implementation.contains(
            "const EXPORT: ::brkalloc::__private::Export = ::brkalloc::__private::Export::Malloc;"
        ),
        "{implementation}"
    );
    let (functions, _) = functions.split_once("unsafe extern").expect("there are more");
    let lines: Vec<&str> = functions.lines().map(str::trim).collect();
    expect![[r#"
        static __brkalloc_only_one_heap_may_export_malloc: ::core::primitive::u8 = 0;
        #[unsafe(no_mangle)]
        extern "C" fn malloc(
        __brkalloc_0: ::core::primitive::usize,
        ) -> *mut ::core::ffi::c_void {
        ::brkalloc::__private::export::malloc::<HEAP>(__brkalloc_0)
        }
        #[unsafe(no_mangle)]
        extern "C" fn calloc(
        __brkalloc_0: ::core::primitive::usize,
        __brkalloc_1: ::core::primitive::usize,
        ) -> *mut ::core::ffi::c_void {
        ::brkalloc::__private::export::calloc::<HEAP>(__brkalloc_0, __brkalloc_1)
        }
        #[unsafe(no_mangle)]
    "#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn every_function_of_c_is_defined_once() {
    let text = expanded(r#"export = "malloc""#, HEAP).to_string();
    for name in EXPORTED {
        let definition = format!("extern \"C\" fn {name} (");
        assert_eq!(text.matches(&definition).count(), 1, "{name}");
    }
    assert_eq!(text.matches("extern").count(), EXPORTED.len());
    assert_eq!(text.matches("no_mangle").count(), EXPORTED.len() + 1, "and the marker");
    assert_eq!(expanded(r#"export = "none""#, HEAP).to_string().matches("no_mangle").count(), 0);
}

#[test]
fn one_function_of_c_has_the_users_place() {
    let mut places = Vec::new();
    walk(expanded(r#"export = "malloc""#, HEAP), &mut |token| {
        let is_unsafe = matches!(token, TokenTree::Ident(word) if word == "unsafe");
        let place = token.span().source_text().filter(|_| is_unsafe);
        places.extend(place.filter(|place| !place.is_empty()));
    });
    assert_eq!(places, ["\"malloc\""]);
}

#[test]
fn the_caches_of_threads() {
    for arguments in ["", r#"cache = "1MiB""#] {
        let text = expanded(arguments, HEAP).to_string();
        let caches = ":: brkalloc :: __private :: caches ! { HEAP }";
        assert_eq!(text.matches(caches).count(), 1, "{text}");
    }
    assert!(!expanded(r#"cache = "none""#, HEAP).to_string().contains("caches"));
    assert!(!expanded(r#"arena = 0"#, HEAP).to_string().contains("caches"), "no second mistake");
}

#[test]
fn the_caches_of_threads_whose_malloc_it_is() {
    let text = expanded(r#"export = "malloc", cache = "1MiB""#, HEAP).to_string();
    let caches = ":: brkalloc :: __private :: exported :: caches ! { HEAP }";
    assert_eq!(text.matches(caches).count(), 1, "{text}");
    assert!(!text.contains("thread_local"), "none that may allocate");
}

#[test]
fn the_users_unsafe_keeps_its_place() {
    let mut places = Vec::new();
    let mut is_behind = false;
    walk(expanded(r#"unsafe(lock = "none")"#, HEAP), &mut |token| {
        let is_unsafe = matches!(token, TokenTree::Ident(word) if word == "unsafe");
        if is_unsafe || is_behind {
            places.push(token.span().source_text().unwrap_or_default());
        }
        is_behind = is_unsafe;
    });
    assert_eq!(places, ["unsafe", "(lock = \"none\")"]);
}

#[test]
fn checks_stand_where_the_size_was_written() {
    let mut places = Vec::new();
    walk(expanded(r#"arena = "64KiB", limit = 1048576"#, HEAP), &mut |token| {
        if matches!(token, TokenTree::Ident(word) if word.to_string().starts_with("check_")) {
            places.push((token.to_string(), token.span().source_text().unwrap_or_default()));
        }
    });
    let expected = [("check_arena", "\"64KiB\""), ("check_limit", "1048576")];
    assert_eq!(places, expected.map(|(name, place)| (name.to_owned(), place.to_owned())));
}

#[test]
fn sizes_that_were_not_written_are_not_checked() {
    for arguments in ["", r#"grow = "none""#, r#"trim = "never""#] {
        assert!(!expanded(arguments, HEAP).to_string().contains("check_"), "{arguments}");
    }
}
