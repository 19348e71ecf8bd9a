//! The attribute's documentation is the table of options, and the table is what the code does.

use super::{expanded, mistakes};
use crate::options::{ALL, HeapOption, Kind};
use std::collections::HashSet;

const LIB: &str = include_str!("../lib.rs");

fn values(option: &HeapOption) -> String {
    let words = option.words.iter().map(|word| format!("`\"{}\"`", word.text));
    let before = matches!(option.kind, Kind::Size { .. }).then(|| "size".to_owned());
    let after = match option.kind {
        Kind::WordOrPath => Some("the path of a `lock_api::RawMutex`"),
        Kind::Path => Some("path"),
        Kind::Word | Kind::Size { .. } => None,
    };
    let all = before.into_iter().chain(words).chain(after.map(str::to_owned));
    all.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_option_has_its_row_in_the_documentation() {
    for option in ALL {
        let HeapOption { name, default, meaning, .. } = option;
        let row = format!("/// | `{name}` | {} | {default} | {meaning} |\n", values(option));
        assert!(LIB.contains(&row), "lib.rs lacks the row\n{row}");
    }
}

#[test]
fn the_documentation_has_no_row_without_an_option() {
    assert_eq!(LIB.matches("\n/// | `").count(), ALL.len());
}

#[test]
fn every_example_is_a_sound_attribute() {
    for option in ALL {
        assert_eq!(mistakes(&option.written_as_example()), "");
    }
}

#[test]
fn every_default_that_is_a_value_expands_like_its_absence() {
    let implementation = |arguments: &str| {
        let text = expanded(arguments, super::HEAP).to_string();
        text.split_once("automatically_derived").expect("there is a configuration").1.to_owned()
    };
    let mut compared = 0;
    for option in ALL {
        let Some((default, _)) = option.default.strip_prefix('`').and_then(|s| s.split_once('`'))
        else {
            continue;
        };
        if !default.starts_with('"') || option.name == "lock" {
            // The lock's default is the target's choice, and the crate's path has no other effect.
            continue;
        }
        let written = format!("{} = {default}", option.name);
        assert_eq!(implementation(&written), implementation(""), "{written}");
        compared += 1;
    }
    assert_eq!(compared, 10, "all but `limit`, `trim`, `lock` and `crate` begin with a value");
}

#[test]
fn every_word_is_said_once_and_means_an_item_of_its_own() {
    for option in ALL {
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
            for spelling in word.aliases.iter().chain([&word.text]) {
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
        for alias in option.aliases {
            assert!(names.insert(alias), "`{alias}` is listed twice");
            let help = format!("help: did you mean `{}`?", option.name);
            let shown = mistakes(&format!("{alias} = 1"));
            assert!(shown.contains(&help), "{shown}");
        }
    }
}
