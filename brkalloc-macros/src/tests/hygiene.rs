//! Every expansion means the same in every module of the user's.

use super::expansions::{CONFIGURATIONS, EXPORTED};
use super::{HEAP, expanded, walk};
use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};

/// Checks one expansion: each path begins at the root, and the only `unsafe` is the
/// user's and that of exported functions.
pub(super) fn assert_is_hygienic(arguments: &str, item: &str) {
    let expansion = expanded(arguments, item);
    // A `crate` of the user's stays as it is.
    let own = |word: &String| !arguments.contains(&format!("= {word}"));
    let relative = relative_paths(expansion.clone()).into_iter().filter(own).collect::<Vec<_>>();
    assert_eq!(relative, [""; 0], "{arguments}");
    let mut count = 0;
    walk(expansion, &mut |token| {
        count += usize::from(matches!(token, TokenTree::Ident(word) if word == "unsafe"));
    });
    // The symbols and the marker, six functions that trust their caller, and their six blocks.
    let exported = usize::from(arguments.contains("export")) * (EXPORTED.len() + 1 + 6 + 6);
    assert_eq!(count, arguments.matches("unsafe").count() + exported, "{arguments}");
}

/// Whether a path may begin behind the word.
fn is_keyword(word: &Ident) -> bool {
    ["impl", "static", "use", "Self", "mut"].iter().any(|keyword| word == keyword)
}

/// Returns the paths of the expansion that do not begin with `::`, as text.
fn relative_paths(stream: TokenStream) -> Vec<String> {
    let is_colon = |token: Option<&TokenTree>| match token {
        Some(TokenTree::Punct(punct)) => punct.as_char() == ':',
        _ => false,
    };
    let is_joint = |token: Option<&TokenTree>| match token {
        Some(TokenTree::Punct(punct)) => punct.spacing() == Spacing::Joint,
        _ => false,
    };
    let list: Vec<TokenTree> = stream.into_iter().collect();
    let at = |place: usize| list.get(place);
    let mut found = Vec::new();
    for (place, token) in list.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            found.extend(relative_paths(group.stream()));
        }
        let goes_on = is_colon(at(place + 1)) && is_joint(at(place + 1)) && is_colon(at(place + 2));
        let is_begun = 1 < place && is_colon(at(place - 1)) && is_joint(at(place - 2));
        match token {
            TokenTree::Ident(word) if goes_on && !is_begun && !is_keyword(word) => {
                found.push(word.to_string());
            }
            _ => {}
        }
    }
    found
}

/// Returns the words of the expansion that stand alone or begin a path without `::`.
fn lone_words(stream: TokenStream) -> Vec<String> {
    let mut words = Vec::new();
    let list: Vec<TokenTree> = stream.into_iter().collect();
    for (place, token) in list.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            let is_attribute = matches!(
                place.checked_sub(1).and_then(|before| list.get(before)),
                Some(TokenTree::Punct(punct)) if punct.as_char() == '#'
            );
            if !is_attribute {
                words.extend(lone_words(group.stream()));
            }
        }
        let is_after_colons = matches!(
            place.checked_sub(2).map(|before| (&list[before], &list[before + 1])),
            Some((TokenTree::Punct(first), TokenTree::Punct(second)))
                if first.as_char() == ':' && first.spacing() == Spacing::Joint && second.as_char() == ':'
        );
        match token {
            TokenTree::Ident(word) if !is_after_colons => words.push(word.to_string()),
            _ => {}
        }
    }
    words
}

#[test]
fn every_path_begins_at_the_root_and_the_only_unsafe_is_the_users_own() {
    for arguments in CONFIGURATIONS {
        assert_is_hygienic(arguments, HEAP);
    }
}

#[test]
fn the_expansion_allows_no_lint() {
    for arguments in CONFIGURATIONS {
        walk(expanded(arguments, HEAP), &mut |token| {
            let levels = ["allow", "expect", "warn", "deny", "forbid"];
            let is_level = |word: &Ident| levels.iter().any(|level| word == level);
            let is_it = matches!(token, TokenTree::Ident(word) if is_level(word));
            assert!(!is_it, "`{token}` in {arguments}: a crate may forbid the lint");
        });
    }
}

#[test]
fn the_walk_finds_paths_that_do_not_begin_at_the_root() {
    for text in ["core::mem::swap", "(a)(brkalloc::b)", "&'static std::x", "x = [a::b]"] {
        assert_eq!(relative_paths(text.parse().expect("tokens")).len(), 1, "{text}");
    }
    for text in ["::core::mem::swap", "Self::Lock", "impl ::a::B", "a", "a : b"] {
        assert_eq!(relative_paths(text.parse().expect("tokens")).len(), 0, "{text}");
    }
}

#[test]
fn the_expansion_uses_no_name_that_the_user_can_shadow() {
    const OWN: [&str; 80] = [
        "static",
        "HEAP",
        "enum",
        "const",
        "_",
        "use",
        "as",
        "impl",
        "for",
        "type",
        "fn",
        "Self",
        "Raw",
        "Placement",
        "PATH",
        "unsafe",
        "new",
        "heap",
        "storage",
        "lend",
        "ARENA",
        "GROW",
        "LIMIT",
        "TRIM",
        "Harden",
        "Quarantine",
        "ZERO",
        "LOCK",
        "LOCK_OPTION",
        "CRATE",
        "NAME",
        "Source",
        "Index",
        "Coalesce",
        "Lock",
        "Counters",
        "Cache",
        "CACHE",
        "Large",
        "LARGE",
        "large",
        "END",
        "R",
        "f",
        "with",
        "watch_end",
        "try_with",
        "is_ok",
        "caches",
        "cache",
        "cache_total",
        "BrkHeap",
        "source",
        "arena",
        "grow",
        "limit",
        "trim",
        "policy",
        "order",
        "index",
        "coalesce",
        "lock",
        "harden",
        "quarantine",
        "zero",
        "stats",
        "static",
        "pub",
        "crate",
        "export",
        "EXPORT",
        "record",
        "RECORD",
        "recorder",
        "RECORDER",
        "extern",
        "mut",
        "true",
        "false",
        "SCRIPT",
    ];
    for arguments in CONFIGURATIONS {
        for word in lone_words(expanded(arguments, HEAP)) {
            let is_ours = OWN.contains(&word.as_str()) || word.starts_with("__brkalloc_");
            assert!(is_ours || EXPORTED.contains(&word.as_str()), "`{word}` in {arguments}");
        }
    }
}
