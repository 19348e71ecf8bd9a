//! Presets stand for options, each of which can be written beside them.

use super::{HEAP, formatted, mistakes, tokens};
use crate::diag::Sink;
use crate::options::PRESET;
use crate::presets::PRESETS;
use crate::rules::understand;
use expect_test::expect;

/// The options of an attribute, those of its preset included, as written and in order.
fn options(arguments: &str) -> Vec<String> {
    let mut sink = Sink::default();
    let args = understand(tokens(arguments), &mut sink);
    assert!(sink.is_empty(), "{arguments}");
    args.entries().iter().skip(1).map(crate::args::Entry::written).collect()
}

#[test]
fn every_word_is_a_preset_and_stands_for_options_of_its_own() {
    let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    assert_eq!(names, PRESET.words.iter().map(|word| word.text).collect::<Vec<_>>());
    let all: Vec<Vec<String>> = names
        .iter()
        .map(|name| options(&format!("arena = \"4KiB\", preset = \"{name}\"")))
        .collect();
    for (place, preset) in all.iter().enumerate() {
        assert!(1 < preset.len() && !all[..place].contains(preset), "{preset:?}");
    }
}

#[test]
fn a_preset_is_its_options() {
    for preset in PRESETS {
        let arena = if preset.name == "embedded" { ", arena = \"4KiB\"" } else { "" };
        let words: Vec<String> = preset
            .options
            .iter()
            .map(|(option, value)| format!("{} = {value}", option.name))
            .collect();
        let configuration = |arguments: &str| {
            let text = formatted(arguments, HEAP);
            let (_, text) = text.split_once("impl ::brkalloc::__private::Config").expect(&text);
            text.to_owned()
        };
        let by_word = configuration(&format!("preset = \"{}\"{arena}", preset.name));
        assert_eq!(by_word, configuration(&format!("{}{arena}", words.join(", "))));
    }
}

#[test]
fn a_written_option_replaces_the_one_of_the_preset() {
    assert_eq!(
        options(r#"preset = "fast", cache = "8MiB""#),
        [r#"cache = "8MiB""#, r#"trim = "64MiB""#]
    );
    let either = options(r#"preset = "textbook", order = "address""#);
    assert!(either.contains(&r#"order = "address""#.to_owned()), "{either:?}");
    assert!(!either.iter().any(|option| option.contains("lifo")), "{either:?}");
}

#[test]
fn an_option_of_a_preset_yields_to_what_it_does_not_go_with() {
    let checked = options(r#"preset = "hardened", harden = "basic""#);
    assert_eq!(checked, [r#"harden = "basic""#, r#"cache = "1MiB""#]);
    let bins = options(r#"preset = "textbook", policy = "segregated_fit""#);
    assert!(!bins.iter().any(|option| option.starts_with("index")), "{bins:?}");
    let array = options(r#"preset = "lean", source = "static", arena = "4KiB""#);
    assert_eq!(array[2..], [r#"policy = "best_fit""#], "{array:?}");
    let small = options(r#"preset = "lean", limit = "32KiB", arena = "32KiB""#);
    assert!(!small.iter().any(|option| option.starts_with("cache")), "{small:?}");
    for preset in PRESETS {
        for beside in [
            "",
            r#", zero = "free", stats = "counters""#,
            r#", source = "mmap""#,
            r#", harden = "none""#,
            r#", policy = "best_fit", coalesce = "deferred""#,
            r#", unsafe(lock = "none")"#,
        ] {
            let arguments = format!("preset = \"{}\", arena = \"64KiB\"{beside}", preset.name);
            assert_eq!(mistakes(&arguments), "", "{arguments}");
        }
    }
}

#[test]
fn what_a_preset_cannot_have_beside_it_says_so() {
    expect![[r#"
        error: `trim` has no effect with `coalesce = "never"`
        help: remove `trim`, or merge free chunks with `coalesce = "deferred"`
        note: `preset = "textbook"` has `coalesce = "never"`; a heap that never merges cannot trim
          --> "4MiB"
    "#]]
    .assert_eq(&mistakes(r#"preset = "textbook", trim = "4MiB""#));
    expect![[r#"
        error: `limit` has no effect with `source = "static"`
        help: remove `limit`, or choose `source = "brk"`
        note: `preset = "embedded"` has `source = "static"`; a static arena is exactly `arena` bytes
          --> "4MiB"
    "#]]
    .assert_eq(&mistakes(r#"preset = "embedded", limit = "4MiB", arena = "1KiB""#));
    expect![[r#"
        error: `preset = "embedded"` needs `arena`
        help: give the heap a size: `#[brk_heap(preset = "embedded", arena = "64KiB")]`
          --> "embedded"
    "#]]
    .assert_eq(&mistakes(r#"preset = "embedded""#));
    expect![[r#"
        error: `quarantine` has no effect without `harden = "full"`
        help: write `harden = "full"` too, or remove `quarantine`
        note: only a fully hardened heap checks quarantined blocks
          --> "64KiB"
    "#]]
    .assert_eq(&mistakes(r#"preset = "hardened", harden = "none", quarantine = "64KiB""#));
    expect![[r#"
        error: unknown preset `speed`
        help: did you mean `"fast"`?
        note: the values are `fast`, `lean`, `embedded`, `hardened`, or `textbook`
          --> "speed"
    "#]]
    .assert_eq(&mistakes(r#"preset = "speed""#));
}

#[test]
fn the_page_of_the_heap_says_what_the_preset_set() {
    let shown = formatted(r#"preset = "lean", trim = "1MiB""#, HEAP);
    for row in [
        "| `preset` | `\"lean\"` | attribute |",
        "| `policy` | `\"best_fit\"` | preset |",
        "| `trim` | `\"1MiB\"` | attribute |",
        "| `order` | `\"address\"` | default |",
    ] {
        assert_eq!(shown.matches(row).count(), 1, "{row}: {shown}");
    }
}

#[test]
fn a_heap_that_names_no_placement_has_a_cache() {
    let cache = |arguments: &str| {
        assert_eq!(mistakes(arguments), "");
        let text = formatted(arguments, HEAP);
        let (_, from) = text.split_once("| `cache` | `\"").unwrap_or(("", "not shown\""));
        from.split('"').next().expect("it ends").to_owned()
    };
    for arguments in [
        "",
        r#"harden = "full""#,
        r#"source = "mmap""#,
        r#"lock = "spin""#,
        r#"export = "malloc""#,
        r#"limit = "16MiB""#,
        r#"grow = "none", arena = "64MiB""#,
    ] {
        assert_eq!(cache(arguments), "1MiB", "{arguments}");
    }
    assert_eq!(cache(r#"limit = "1MiB""#), "64KiB");
    assert_eq!(cache(r#"limit = "256KiB""#), "16KiB");
    for arguments in [
        r#"limit = "255KiB""#,
        r#"grow = "none", arena = "64KiB""#,
        r#"policy = "first_fit""#,
        r#"order = "fifo""#,
        r#"index = "list""#,
        r#"coalesce = "deferred""#,
        r#"unsafe(lock = "none")"#,
        r#"cache = "none""#,
    ] {
        assert_eq!(cache(arguments), "none", "{arguments}");
    }
    assert_eq!(cache(r#"source = "static", arena = "64MiB""#), "not shown");
}
