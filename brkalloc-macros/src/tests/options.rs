//! Each option with a valid value, a wrong word, a wrong kind of value, no value, and given twice.

use super::{beside, headlines, mistakes};
use crate::option::{HeapOption, Kind};
use crate::options::ALL;
use expect_test::{Expect, expect};

fn check(arguments: &str, expected: &Expect) {
    expected.assert_eq(&mistakes(arguments));
}

/// Returns every value that `option` takes, as the user writes it.
fn right_values(option: &HeapOption) -> Vec<String> {
    let words = option.words.iter().map(|word| match (option.name, word.text) {
        ("preset", "embedded") => "preset = \"embedded\", arena = \"4KiB\"".to_owned(),
        ("source", "static") => "source = \"static\", arena = \"4KiB\"".to_owned(),
        _ => option.written_with(word),
    });
    let values = words.chain([option.written_as_example()]);
    values.map(|value| format!("{}{value}", beside(option))).collect()
}

#[test]
fn every_word_and_example_is_accepted() {
    for written in ALL.iter().copied().flat_map(right_values) {
        assert_eq!(mistakes(&written), "", "{written}");
    }
}

#[test]
fn every_size_is_accepted_as_a_string_and_as_a_number() {
    let is_size = |option: &&HeapOption| matches!(option.kind, Kind::Size { .. });
    for option in ALL.iter().copied().filter(is_size) {
        for value in ["65536", "0x1_0000", "\"64KiB\"", "\"64 KiB\"", "r\"65536B\""] {
            let written = format!("{}{} = {value}", beside(option), option.name);
            assert_eq!(mistakes(&written), "", "{value}");
        }
    }
}

#[test]
fn policies_locks_and_crates_are_paths_too() {
    for path in [
        "RawMutex",
        "spin::RawMutex",
        "::a::b::C",
        "crate::Lock<u8, [u8; 2]>",
        "a::B<dyn C, &'static mut [D]>",
        "<A as B>::C",
        "a::B<'_, (), (u8,), [C; D::E], dyn F + 'static, -1, G = H>",
        "a::B<fn(C, D) -> E, *const F, dyn for<'g> G<'g>>",
    ] {
        for option in ["lock", "policy"] {
            assert_eq!(mistakes(&format!("{option} = {path}, stats = \"none\"")), "", "{path}");
        }
    }
    for path in ["brkalloc", "::a::b", "crate::reexported", "self::brkalloc", "super::a"] {
        assert_eq!(mistakes(&format!("crate = {path}, stats = \"none\"")), "", "{path}");
    }
    for path in ["::::brkalloc", "a::::b", "a::", "as", "a::as", "<a>"] {
        let shown = mistakes(&format!("crate = {path}, stats = \"none\""));
        assert!(shown.starts_with("error: `crate` takes a path, found"), "{path}: {shown}");
        assert_eq!(shown.matches("error: ").count(), 1, "{shown}");
    }
    for path in
        ["a::::b", "<>", "<a>", "a<b::>", "a<as>", "a<(,)>", "a<dyn>", "a<{ 1 }>", "try", "a<gen>"]
    {
        for option in ["lock", "policy"] {
            let shown = mistakes(&format!("{option} = {path}, stats = \"none\""));
            assert!(shown.starts_with(&format!("error: `{option}` takes ")), "{path}: {shown}");
            assert_eq!(shown.matches("error: ").count(), 1, "{shown}");
        }
    }
}

#[test]
fn a_path_that_spells_a_policy_is_that_word_without_quotes() {
    let own = "to name a type of your own that is called so, begin its path with `self::`";
    for path in [
        "best_fit",
        "BestFit",
        "best",
        "Tightest",
        "Policy::Best",
        "policy::BestFit",
        "brkalloc::BestFit",
        "::brkalloc::policies::BestFit",
    ] {
        let shown = mistakes(&format!("policy = {path}"));
        let expected = format!(
            "error: `policy` takes a string or a path, found `{path}`\nhelp: write `policy = \"best_fit\"`\nnote: {own}\n"
        );
        assert!(shown.starts_with(&expected), "{path}: {shown}");
    }
    for (name, help) in [
        ("bset_fit", "write `policy = \"best_fit\"`"),
        ("buddy", "write `policy = \"first_fit\"`, or the path of a `brkalloc::Placement`"),
    ] {
        let shown = mistakes(&format!("policy = {name}"));
        assert!(shown.contains(&format!("\nhelp: {help}\n")), "{name}: {shown}");
    }
    for path in ["self::BestFit", "crate::policy::Best", "mine::BestFit", "HalfFit", "Best<1>"] {
        assert_eq!(mistakes(&format!("policy = {path}")), "", "{path}");
    }
    check(
        "policy = \"mine::BestFit\"",
        &expect![[r#"
            error: `policy` takes a string or a path, found `"mine::BestFit"`
            help: write the path without quotes: `policy = mine::BestFit`
              --> "mine::BestFit"
        "#]],
    );
}

#[test]
fn a_wrong_word_is_one_mistake_for_every_option() {
    // Any text is the path of a recording.
    for option in ALL.iter().filter(|option| option.kind != Kind::Text) {
        let shown = headlines(&format!("{} = \"zzzzzzzz\"", option.name));
        let [headline] = shown.as_slice() else { panic!("{shown:?}") };
        let expected = match option.kind {
            Kind::Word | Kind::WordOrPath { .. } => format!("unknown {} `zzzzzzzz`", option.name),
            Kind::Size { .. } => "`zzzzzzzz` is not a size".to_owned(),
            Kind::Path | Kind::Text => {
                format!("`{}` takes a path, found `\"zzzzzzzz\"`", option.name)
            }
        };
        assert_eq!(*headline, expected);
    }
}

#[test]
fn a_wrong_kind_is_one_mistake_for_every_option() {
    for option in ALL {
        for value in
            ["'c'", "b\"64KiB\"", "[1, 2]", "-1", "(64)", "{ 1 }", "&x", "#", "1 + 2", "\"a\"b"]
        {
            let shown = headlines(&format!("{} = {value}", option.name));
            let [headline] = shown.as_slice() else { panic!("`{value}`: {shown:?}") };
            let start = format!("`{}` takes a", option.name);
            assert!(headline.starts_with(&start), "`{value}`: {headline}");
            assert!(headline.ends_with(&format!("found `{value}`")), "{headline}");
        }
    }
}

#[test]
fn a_missing_value_is_one_mistake_for_every_option() {
    for option in ALL {
        let name = option.name;
        for rest in ["", ": \"64KiB\"", "(\"64KiB\")", " == 1", " => 1", ".x", "!"] {
            let shown = headlines(&format!("{name}{rest}"));
            assert_eq!(shown, [format!("option `{name}` needs a value")], "`{name}{rest}`");
        }
        for rest in [" =", " = , stats = \"none\""] {
            let other = if name == "stats" { "" } else { rest };
            let shown = headlines(&format!("{name} ={}", other.trim_start_matches(" =")));
            assert_eq!(shown, [format!("option `{name}` needs a value after `=`")]);
        }
    }
}

#[test]
fn an_option_given_twice_is_one_mistake_for_every_option() {
    for option in ALL {
        let example = option.written_as_example();
        let shown = headlines(&format!("{}{example}, {example}", beside(option)));
        assert_eq!(shown, [format!("option `{}` is given twice", option.name)]);
    }
}

#[test]
fn a_repeated_option_is_checked_for_its_own_mistakes() {
    check(
        r#"arena = "64KiB", arena = "1MB", arena = 4096"#,
        &expect![[r#"
            error: unknown size unit `MB`
            help: did you mean `MiB`?
            note: the units are `B`, `KiB`, `MiB`, `GiB`, or `TiB`; they are powers of 1024
              --> "1MB"
            error: option `arena` is given twice
            help: keep one of the two
              --> arena
        "#]],
    );
}

#[test]
fn words_of_other_allocators_are_understood() {
    let cases = [
        ("policy = \"firstfit\"", "did you mean `\"first_fit\"`?"),
        ("policy = \"first-fit\"", "did you mean `\"first_fit\"`?"),
        ("policy = \"best\"", "did you mean `\"best_fit\"`?"),
        ("policy = \"ff\"", "did you mean `\"first_fit\"`?"),
        ("policy = \"tlsf\"", "did you mean `\"segregated_fit\"`?"),
        ("order = \"LIFO\"", "did you mean `\"lifo\"`?"),
        ("arena = \"64k\"", "did you mean `KiB`?"),
        ("arena = 64k", "did you mean `arena = \"64KiB\"`?"),
        ("source = \"sbrk\"", "did you mean `\"brk\"`?"),
        ("source = \"heap\"", "did you mean `\"brk\"`?"),
        ("lock = \"mutex\"", "did you mean `\"os\"`?"),
        ("lock = spin", "write `lock = \"spin\"`"),
        ("lock = \"off\"", "did you mean `unsafe(lock = \"none\")`?"),
        ("lock = false", "write `unsafe(lock = \"none\")`"),
        ("lock = \"spin::Mutex\"", "write the path without quotes: `lock = spin::Mutex`"),
        ("stats = true", "write `stats = \"counters\"`"),
        ("grow = \"fixed\"", "did you mean `\"none\"`?"),
        ("trim = none", "write `trim = \"never\"`"),
        ("crate = \"brk\"", "write the path without quotes: `crate = brk`"),
        ("heap_size = 4", "did you mean `arena`?"),
        ("fit = \"best\"", "did you mean `policy`?"),
        ("first_fit", "did you mean `policy = \"first_fit\"`?"),
        ("arena(\"128KiB\")", "write `arena = \"128KiB\"`"),
        ("policy: \"best_fit\"", "write `policy = \"best_fit\"`"),
        ("limit 4096", "write `limit = 4096`"),
        ("arena(1, 2)", "write `arena = \"64KiB\"`"),
        ("arena = 64 KiB", "write `arena = \"64KiB\"`"),
        ("arena = 64KiB", "write `arena = \"64KiB\"`"),
    ];
    for (written, help) in cases {
        let shown = mistakes(written);
        assert!(shown.contains(&format!("\nhelp: {help}\n")), "`{written}`:\n{shown}");
        assert_eq!(shown.matches("error: ").count(), 1, "{shown}");
    }
}

#[test]
fn the_option_behind_an_unsafe_without_parentheses_is_read() {
    let expected = ["expected an option name, found `unsafe`", "`arena` must not be zero"];
    for written in ["unsafe, arena = 0", "unsafe[lock], arena = 0", "unsafe lock, arena = 0"] {
        assert_eq!(headlines(written), expected, "{written}");
    }
}

#[test]
fn unsafe_belongs_around_the_lock_alone() {
    check("unsafe(lock = \"none\")", &expect![[""]]);
    check("unsafe(lock = \"none\",), arena = 4096", &expect![[""]]);
    check(
        "unsafe(arena = \"64KiB\", lock = \"os\")",
        &expect![[r#"
        error: `arena = "64KiB"` is not unsafe
        help: write `arena = "64KiB"` without `unsafe(...)`
          --> unsafe
        error: `lock = "os"` is not unsafe
        help: write `lock = "os"` without `unsafe(...)`
          --> unsafe
    "#]],
    );
    check(
        "unsafe()",
        &expect![[r#"
        error: `unsafe()` has no option in it
        help: write `unsafe(lock = "none")`
          --> unsafe()
    "#]],
    );
    check(
        "unsafe, arena = 1",
        &expect![[r#"
        error: expected an option name, found `unsafe`
        help: write `unsafe` around one option: `unsafe(lock = "none")`
          --> unsafe
    "#]],
    );
    check(
        "unsafe(unsafe(lock = \"none\"))",
        &expect![[r#"
        error: expected an option name, found `unsafe`
        help: write `unsafe` around one option: `unsafe(lock = "none")`
          --> unsafe
    "#]],
    );
    check(
        "unsafe(lock = \"none\") arena = 4096",
        &expect![[r#"
        error: expected `,`, found `arena`
        help: options are separated by commas
          --> arena
    "#]],
    );
    check(
        "lock = \"os\", unsafe(lock = \"none\")",
        &expect![[r#"
        error: option `lock` is given twice
        help: keep one of the two
          --> lock
    "#]],
    );
}

#[test]
fn wrong_separators_are_reported_and_skipped() {
    check(
        r#"arena = "64KiB"; policy = "best""#,
        &expect![[r#"
        error: expected `,`, found `;`
        help: options are separated by commas
          --> ;
        error: unknown policy `best`
        help: did you mean `"best_fit"`?
        note: the values are `first_fit`, `next_fit`, `best_fit`, `worst_fit`, or `segregated_fit`; a path is written without quotes
          --> "best"
    "#]],
    );
    check(
        r#"arena = policy = "best""#,
        &expect![[r#"
            error: option `arena` needs a value after `=`
            help: write `arena = "64KiB"`
              --> arena =
            error: unknown policy `best`
            help: did you mean `"best_fit"`?
            note: the values are `first_fit`, `next_fit`, `best_fit`, `worst_fit`, or `segregated_fit`; a path is written without quotes
              --> "best"
        "#]],
    );
    check(
        r#", arena = "64KiB",, 5 arena = 1"#,
        &expect![[r#"
            error: expected an option name, found `,`
            help: remove this comma
              --> ,
            error: expected an option name, found `,`
            help: remove this comma
              --> ,
            error: expected an option name, found `5`
            help: options are written `name = value`; the names are `preset`, `source`, `arena`, `grow`, `limit`, `trim`, `large`, `policy`, `order`, `index`, `coalesce`, `cache`, `cache_total`, `lock`, `harden`, `quarantine`, `zero`, `stats`, `export`, `record`, `crate`
              --> 5
        "#]],
    );
    check(
        r#"arean = "64KiB" polcy = "best_fit" order = "lifo", index = "tree""#,
        &expect![[r#"
        error: unknown option `arean`
        help: did you mean `arena`?
          --> arean
        error: expected `,`, found `polcy`
        help: options are separated by commas
          --> polcy
        error: unknown option `polcy`
        help: did you mean `policy`?
          --> polcy
        error: expected `,`, found `order`
        help: options are separated by commas
          --> order
        error: `index = "tree"` cannot be combined with `order = "lifo"`
        help: use `index = "list"`, or keep the tree with `order = "address"`
        note: a tree sorts chunks by address, not last-in-first-out
          --> "tree"
    "#]],
    );
    check(
        r#"arena = "64KiB" "128KiB""#,
        &expect![[r#"
        error: `arena` takes a size, found `"64KiB" "128KiB"`
        help: write a string such as `arena = "64KiB"`, or a number of bytes
          --> "64KiB" "128KiB"
    "#]],
    );
}

#[test]
fn messages_show_tokens_as_typed_and_cut_long_ones() {
    check(
        "policy = a::b<C, 'd'>::e - 2",
        &expect![[r#"
            error: `policy` takes a string or a path, found `a::b<C, 'd'>::e-2`
            help: write `policy = "first_fit"`, or the path of a `brkalloc::Placement`
              --> a::b<C, 'd'>::e - 2
        "#]],
    );
    check(
        "arena = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]",
        &expect![[r#"
            error: `arena` takes a size, found `[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1…`
            help: write a string such as `arena = "64KiB"`, or a number of bytes
              --> [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
        "#]],
    );
}

#[test]
fn a_recording_needs_the_path_of_a_file() {
    for path in ["app", "/tmp/a b.c", "../None", "\u{e9}"] {
        assert_eq!(mistakes(&format!("record = {path:?}")), "", "{path}");
    }
    check(
        r#"record = " ""#,
        &expect![[r#"
        error: `record` is given an empty string
        help: write `record = "app"`
          --> " "
    "#]],
    );
    check(
        r#"record = "a\0b""#,
        &expect![[r#"
        error: `record` is given a string with a zero byte
        help: write `record = "app"`
          --> "a\0b"
    "#]],
    );
    check(
        "record = app",
        &expect![[r#"
        error: `record` takes a string, found `app`
        help: write a string such as `record = "app"`
          --> app
    "#]],
    );
    check(
        "record = 1",
        &expect![[r#"
        error: `record` takes a string, found `1`
        help: write a string such as `record = "app"`
          --> 1
    "#]],
    );
}
