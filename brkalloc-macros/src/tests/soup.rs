//! Token soup: for any words, marks and groups in the attribute, the macro does not panic, emits
//! the static, and reports the mistakes.

use super::{HEAP, headlines, tokens};
use crate::diag::Sink;
use crate::expand::expand;
use crate::options::ALL;
use crate::rules;
use proptest::prelude::*;
use proptest::sample::select;

/// Draws a piece of an attribute, or something that belongs in none.
fn piece() -> impl Strategy<Value = String> {
    let names: Vec<&str> = ALL.iter().map(|option| option.name).collect();
    let words: Vec<String> = ALL
        .iter()
        .flat_map(|option| option.words)
        .flat_map(|word| [format!("\"{}\"", word.text), word.text.to_owned()])
        .collect();
    let marks =
        ["=", ",", "::", ":", ";", "<", ">", "->", "==", "=>", "-", "&", "..", "#", "!", "'a"];
    let others = [
        "\"64KiB\"",
        "4096",
        "0",
        "1.5MiB",
        "\"\"",
        "\"é\"",
        "b\"x\"",
        "'c'",
        "1e9",
        "0x10",
        "64kb",
        "true",
        "r#type",
        "unsafe",
        "dyn",
        "a::B<C>",
        "static",
        "$crate",
    ];
    prop_oneof![
        4 => select(names).prop_map(str::to_owned),
        3 => select(words),
        6 => select(marks.to_vec()).prop_map(str::to_owned),
        3 => select(others.to_vec()).prop_map(str::to_owned),
    ]
}

fn soup() -> impl Strategy<Value = String> {
    let flat = prop::collection::vec(piece(), 0..8).prop_map(|pieces| pieces.join(" "));
    flat.prop_recursive(3, 32, 6, |inner| {
        let group = (inner.clone(), select(vec![("(", ")"), ("[", "]"), ("{", "}")]))
            .prop_map(|(inner, (open, close))| format!("{open} {inner} {close}"));
        let unsafety = inner.prop_map(|inner| format!("unsafe({inner})"));
        prop::collection::vec(prop_oneof![3 => piece(), 1 => group, 1 => unsafety], 0..12)
            .prop_map(|pieces| pieces.join(" "))
    })
}

/// Draws entries that are each valid alone, in any order and number.
fn entries() -> impl Strategy<Value = String> {
    let entries = ALL.iter().flat_map(|option| {
        let words = option.words.iter().map(|word| option.written_with(word));
        words.chain([option.written_as_example()])
    });
    prop::collection::vec(select(entries.collect::<Vec<_>>()), 0..10)
        .prop_map(|entries| entries.join(", "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn soup_never_panics_and_keeps_the_static(arguments in soup()) {
        // Outside of a macro, `$crate` and the like are not tokens.
        let Ok(stream) = arguments.parse::<proc_macro2::TokenStream>() else { return Ok(()) };
        let expansion = expand(stream, tokens(HEAP));
        prop_assert!(expansion.to_string().contains("static HEAP : "));
        prop_assert!(syn::parse2::<syn::File>(expansion).is_ok());
    }

    #[test]
    fn soup_without_a_message_is_a_list_of_options(arguments in soup()) {
        let Ok(stream) = arguments.parse::<proc_macro2::TokenStream>() else { return Ok(()) };
        let mut sink = Sink::default();
        let args = rules::understand(stream.clone(), &mut sink);
        if sink.is_empty() {
            let equals = stream.to_string().matches('=').count();
            let written = args.entries().iter().filter(|entry| entry.preset.is_none()).count();
            prop_assert!(written <= equals);
            prop_assert!((written == 0) == stream.is_empty());
        }
    }

    #[test]
    fn soup_as_an_item_never_panics(item in soup()) {
        let Ok(stream) = item.parse::<proc_macro2::TokenStream>() else { return Ok(()) };
        expand(tokens(""), stream);
    }

    #[test]
    fn right_entries_draw_at_most_one_message_each(arguments in entries()) {
        let shown = headlines(&arguments);
        let count = arguments.matches(" = ").count();
        prop_assert!(shown.len() <= count, "{:?}", shown);
        for headline in shown {
            let is_of_a_rule = [
                "is given twice", "has no effect", "cannot be combined", "needs `arena`",
                "is smaller than", "is larger than",
            ];
            prop_assert!(is_of_a_rule.iter().any(|rule| headline.contains(rule)), "{}", headline);
        }
    }
}
