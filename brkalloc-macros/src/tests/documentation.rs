//! The documentation shows the table of options, and the code does what the table says.
//!
//! These tests ask the parser, not the code that shows the options, which options have effect: it
//! rejects an option without effect.

use super::{beside, expanded, formatted, mistakes, tokens};
use crate::args::Args;
use crate::diag::Sink;
use crate::option::{HeapOption, Kind};
use crate::options::{ALL, CRATE, PLACEMENT, PRESET, named};
use crate::presets::{PRESETS, fill_in};
use crate::settings::Settings;
use std::collections::HashSet;
use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../brk_heap.md");

fn values(option: &HeapOption) -> String {
    let words = option.words.iter().map(|word| format!("`\"{}\"`", word.text));
    let before = matches!(option.kind, Kind::Size { .. }).then(|| "size".to_owned());
    let after = match option.kind {
        Kind::WordOrPath { of, .. } => Some(format!("the path of a `{of}`")),
        Kind::Path | Kind::Text => Some("path".to_owned()),
        Kind::Word | Kind::Size { .. } => None,
    };
    let all = before.into_iter().chain(words).chain(after);
    all.collect::<Vec<_>>().join(" ")
}

/// Writes the option's row of a table.
fn row(option: &HeapOption) -> String {
    let HeapOption { name, default, meaning, .. } = option;
    format!("| `{name}` | {} | {default} | {meaning} |", values(option))
}

/// Reads a file of the repository, by its path from the root.
fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the lines of `text` that are rows of the table of options.
fn rows(text: &str) -> Vec<&str> {
    let head = "| option | values | default | meaning |\n|---|---|---|---|\n";
    let (_, table) = text.split_once(head).expect("there is a table of options");
    table.lines().take_while(|line| line.starts_with('|')).collect()
}

#[test]
fn the_table_of_the_page_is_the_table_of_the_code() {
    assert_eq!(rows(PAGE), ALL.iter().map(|option| row(option)).collect::<Vec<_>>());
}

#[test]
fn the_table_of_the_readme_is_the_table_of_the_code() {
    let readme = file("README.md");
    assert_eq!(rows(&readme), ALL.iter().map(|option| row(option)).collect::<Vec<_>>());
}

#[test]
fn no_size_is_advised_that_the_runtime_refuses() {
    let private = file("brkalloc/src/private.rs");
    let least = |name: &str| {
        let (_, line) = private.split_once(&format!("const LEAST_{name}: u64 = ")).expect(name);
        let (value, _) = line.split_once(';').expect("it ends");
        let (base, shift) = value.split_once(" << ").unwrap_or((value, "0"));
        let number = |text: &str| text.parse::<u64>().expect(text);
        number(base) << number(shift)
    };
    let of_option =
        [("arena", "ARENA"), ("limit", "ARENA"), ("cache", "CACHE"), ("large", "LARGE")];
    for (option, name) in of_option {
        let option = named(option).expect("it is an option");
        assert!(option.accepts(least(name)) && !option.accepts(least(name) - 1), "{}", option.name);
    }
}

#[test]
fn the_page_says_what_each_preset_stands_for() {
    let (_, table) = PAGE.split_once("| preset | for | stands for |\n").expect("there is a table");
    for (preset, row) in PRESETS.iter().zip(table.lines().skip(1)) {
        let written: Vec<String> = preset
            .options
            .iter()
            .map(|(option, value)| format!("{} = {value}", option.name))
            .collect();
        assert!(row.starts_with(&format!("| `\"{}\"` | ", preset.name)), "{row}");
        assert!(row.ends_with(&format!(" | `{}` |", written.join(", "))), "{row}");
    }
}

#[test]
fn editors_show_every_option_and_each_of_its_words() {
    let private = file("brkalloc/src/private.rs");
    let (_, module) = private.split_once("pub mod options {").expect("the module is there");
    let mut rest = module;
    for option in ALL.iter().filter(|option| option.name != CRATE.name) {
        let declared = format!("    pub enum {} {{}}\n", option.name);
        let (documentation, behind) = rest.split_once(&declared).expect(&declared);
        for word in option.words {
            let quoted = format!("\"{}\"", word.text);
            assert!(documentation.contains(&quoted), "`{}`: {quoted}", option.name);
        }
        rest = behind;
    }
    assert!(!rest.contains("pub enum"), "an option that is none: {rest}");
}

/// Returns the part of the page below the heading, up to the next one.
fn section(heading: &str) -> &'static str {
    let (_, section) = PAGE.split_once(heading).expect(heading);
    section.split("\n# ").next().unwrap_or_default()
}

/// Returns the blocks of code in `text`, without their fences.
fn blocks(text: &str) -> Vec<&str> {
    text.split("\n```").skip(1).step_by(2).collect()
}

#[test]
fn every_option_has_a_heading_and_an_example_that_writes_it_and_is_compiled() {
    let mut place = 0;
    for option in ALL {
        let heading = format!("\n## `{}`\n", option.name);
        let at = PAGE.find(&heading).expect(&heading);
        assert!(place < at, "`{}` is out of order", option.name);
        place = at;
        let (_, below) = PAGE.split_once(&heading).expect("it was found");
        // A line that rustdoc hides begins with `#` as well.
        let section = below.split("\n## ").next().unwrap_or_default();
        let blocks = blocks(section.split("\n# What").next().unwrap_or_default());
        let [example] = blocks.as_slice() else { panic!("`{}`: {blocks:?}", option.name) };
        assert!(example.starts_with('\n'), "it is Rust, and compiled: {example}");
        assert!(example.contains(&format!("{} = ", option.name)), "{example}");
        assert!(example.contains("assert_eq!(HEAP.config()") || option.name == "lock", "{example}");
    }
}

#[test]
fn the_page_shows_the_whole_expansion() {
    let blocks = blocks(section("\n# What it expands to\n"));
    let [shown] = blocks.as_slice() else { panic!("{blocks:?}") };
    let expansion = formatted(r#"arena = "64KiB", policy = "best_fit""#, super::HEAP);
    assert_eq!(shown.trim_start_matches("text").trim(), expansion.trim(), "\n{expansion}");
}

#[test]
fn the_page_shows_what_rustc_prints() {
    let blocks = blocks(section("\n# Errors\n"));
    let expected = ["fail/many_at_once", "rustc/arena_too_small"].map(|name| {
        let printed = file(&format!("tests/ui/{name}.stderr"));
        printed.replace(&format!("ui/{name}.rs"), "src/main.rs").trim().to_owned()
    });
    let shown: Vec<&str> =
        blocks.iter().map(|block| block.trim_start_matches("text").trim()).collect();
    assert_eq!(shown, expected);
}

#[test]
fn the_readme_shows_what_rustc_prints() {
    let printed = file("tests/ui/fail/misspelt_value.stderr");
    let printed = printed.replace("ui/fail/misspelt_value.rs", "src/main.rs");
    assert!(file("README.md").contains(&format!("```text\n{}\n```", printed.trim_end())));
}

/// Configurations in which different options have effect.
const CONFIGURATIONS: [&str; 15] = [
    "",
    r#"cache = "none""#,
    r#"preset = "lean", stats = "none""#,
    r#"source = "mmap", arena = "1MiB", limit = "1GiB", grow = "2MiB""#,
    r#"source = "static", arena = "4KiB""#,
    r#"grow = "none""#,
    r#"grow = "none", arena = "1MiB", coalesce = "never""#,
    r#"arena = "64KiB", limit = "64KiB""#,
    r#"limit = "32KiB""#,
    r#"limit = "1MiB", trim = "128KiB""#,
    r#"grow = "40GiB""#,
    r#"coalesce = "never""#,
    r#"policy = "segregated_fit", trim = "never""#,
    r#"order = "fifo", lock = a::B<C>, crate = d"#,
    r#"policy = a::B<C>, index = "list""#,
];

fn shown_options(arguments: &str) -> Vec<(&'static HeapOption, String)> {
    let mut args = Args::parse(tokens(arguments), &mut Sink::default());
    fill_in(&mut args);
    Settings::new(&args).values()
}

fn is_placement(option: &HeapOption) -> bool {
    PLACEMENT.iter().any(|placement| placement.name == option.name)
}

/// Whether the attribute names a placement. One that does not has a cache, and the default placement
/// of such a heap is replaced as a whole.
fn names_placement(arguments: &str) -> bool {
    ALL.iter().any(|it| is_placement(it) && arguments.contains(&format!("{} = ", it.name)))
        || arguments.contains("static")
        || arguments.contains("cache = \"none\"")
}

fn with(arguments: &str, more: &str) -> String {
    if arguments.is_empty() { more.to_owned() } else { format!("{arguments}, {more}") }
}

#[test]
fn the_documentation_of_a_heap_shows_each_option_that_has_effect_and_its_value() {
    let mut count = 0;
    for arguments in CONFIGURATIONS {
        assert_eq!(mistakes(arguments), "");
        let is_written = |option: &HeapOption| arguments.contains(&format!("{} = ", option.name));
        for (option, value) in shown_options(arguments) {
            let is_open = !value.starts_with('`') || value.contains(' ');
            let is_as_a_whole = is_placement(option) && !names_placement(arguments);
            if is_written(option) || is_open || is_as_a_whole {
                continue;
            }
            // Writing the default changes only the column that says who set it.
            let written =
                with(arguments, &format!("{} = {}", option.name, value.trim_matches('`')));
            assert_eq!(mistakes(&written), "", "{written}");
            let values = |arguments: &str| -> Vec<String> {
                shown_options(arguments).into_iter().map(|(_, value)| value).collect()
            };
            assert_eq!(values(&written), values(arguments), "{written}");
            count += 1;
        }
    }
    assert!(60 < count, "{count}");
}

#[test]
fn the_documentation_of_a_heap_leaves_out_each_option_that_has_none() {
    let mut count = 0;
    for arguments in CONFIGURATIONS {
        let shown = shown_options(arguments);
        let is_shown =
            |option: &&&HeapOption| shown.iter().any(|(other, _)| other.name == option.name);
        let has_effect = |name| ![CRATE.name, PRESET.name].contains(&name);
        let hidden = ALL.iter().filter(|option| !is_shown(option) && has_effect(option.name));
        for option in hidden.filter(|it| !is_placement(it) || names_placement(arguments)) {
            let words = option.words.iter().map(|word| option.written_with(word));
            for value in words.chain([option.written_as_example()]) {
                let written = with(arguments, &value);
                assert_ne!(mistakes(&written), "", "{written}");
                count += 1;
            }
        }
    }
    assert!(10 < count, "{count}");
}

#[test]
fn the_documentation_of_a_heap_says_which_options_were_written() {
    let shown = formatted(r#"arena = "8KiB", crate = a"#, "/// Docs.\nstatic HEAP: BrkHeap;");
    assert!(
        shown.starts_with("/// Docs.\n/**\nA heap that `#[brk_heap]` configured:\n\n| "),
        "{shown}"
    );
    for row in [
        "| `arena` | `\"8KiB\"` | attribute |",
        "| `crate` | `a` | attribute |",
        "| `policy` | `\"segregated_fit\"` | default |",
    ] {
        assert_eq!(shown.matches(row).count(), 1, "{shown}");
    }
    let wrong = formatted("arena = 0", super::HEAP);
    assert!(!wrong.contains("| default |"), "a heap with a mistake is not described: {wrong}");
}

#[test]
fn every_example_is_a_sound_attribute() {
    for option in ALL {
        let written = format!("{}{}", beside(option), option.written_as_example());
        assert_eq!(mistakes(&written), "");
    }
}

#[test]
fn every_default_that_is_a_value_expands_like_its_absence() {
    let implementation = |arguments: &str| {
        let text = expanded(arguments, super::HEAP).to_string();
        let (_, text) = text.split_once("automatically_derived").expect("there is a configuration");
        // The target may leave out a cache that nobody wrote; those that have caches leave none out.
        text.replace("CachedByDefault", "Cached").replace("caches_by_default", "caches")
    };
    let mut compared = 0;
    for option in ALL {
        let Some((default, _)) = option.default.strip_prefix('`').and_then(|s| s.split_once('`'))
        else {
            continue;
        };
        if !default.starts_with('"') || option.name == "lock" {
            // The target chooses the lock's default, and the crate's path has no other effect.
            continue;
        }
        let written = format!("{}{} = {default}", beside(option), option.name);
        assert_eq!(implementation(&written), implementation(beside(option)), "{written}");
        compared += 1;
    }
    assert_eq!(
        compared, 15,
        "all but `preset`, `limit`, `trim`, `lock` and `crate` begin with a value"
    );
}

#[test]
fn every_word_is_said_once_and_means_an_item_of_its_own() {
    for option in ALL.iter().filter(|option| option.name != PRESET.name) {
        let texts: HashSet<&str> = option.words.iter().map(|word| word.text).collect();
        assert_eq!(texts.len(), option.words.len(), "`{}`", option.name);
        let items: HashSet<&str> = option.words.iter().map(|word| word.item).collect();
        assert_eq!(items.len(), option.words.len(), "`{}`", option.name);
    }
}

#[test]
fn every_alias_leads_to_its_word() {
    for option in ALL {
        for word in option.words {
            for spelling in word.aliases.split(' ').chain([word.text]) {
                let meant = option.meant(spelling).map(|meant| meant.text);
                assert_eq!(meant, Some(word.text), "`{} = {spelling}`", option.name);
            }
        }
    }
}

#[test]
fn every_other_name_leads_to_its_option() {
    let mut names = HashSet::new();
    for option in ALL {
        for alias in option.aliases.split(' ') {
            assert!(names.insert(alias), "`{alias}` is listed twice");
            let help = format!("help: did you mean `{}`?", option.name);
            let shown = mistakes(&format!("{alias} = 1"));
            assert!(shown.contains(&help), "{shown}");
        }
    }
}
