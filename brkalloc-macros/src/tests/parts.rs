//! Parts of the expansion: C's functions, the caches, the checks, and where their tokens stand.

use super::expansions::EXPORTED;
use super::{HEAP, expanded, formatted, walk};
use expect_test::expect;
use proc_macro2::TokenTree;

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
    for (arguments, caches) in [("", "caches_by_default"), (r#"cache = "1MiB""#, "caches")] {
        let text = expanded(arguments, HEAP).to_string();
        let caches = format!(":: brkalloc :: __private :: {caches} ! {{ HEAP }}");
        assert_eq!(text.matches(&caches).count(), 1, "{text}");
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

#[test]
fn a_heap_that_records_has_a_recorder_of_its_own() {
    let text = formatted(r#"record = "a \"b\"""#, HEAP);
    let recorder = r#"        const RECORD: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(
            "a \"b\"",
        );
        #[inline]
        fn recorder() -> ::core::option::Option<
            &'static ::brkalloc::__private::Recorder,
        > {
            static RECORDER: ::brkalloc::__private::Recorder = ::brkalloc::__private::Recorder::new(
                "a \"b\"",
            );
            ::core::option::Option::Some(&RECORDER)
        }
"#;
    assert!(text.contains(recorder), "{text}");
    assert!(text.contains("(::brkalloc::__private::require_record)()"), "{text}");
    assert!(text.contains("| `record` | `\"a \\\"b\\\"\"` | attribute |"), "{text}");
    for arguments in ["", r#"record = "none""#] {
        assert!(!formatted(arguments, HEAP).to_lowercase().contains("recorder"));
    }
}
