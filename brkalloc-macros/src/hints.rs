//! Guesses what a mistake meant: the line to write instead, made of the user's own words and
//! numbers.
//!
//! ```text
//! arena = 64 * 1024     arena = "64KiB"              policy = BestFit       policy = "best_fit"
//! arena = (4096)        arena = 4096                 lock = unsafe("none")  unsafe(lock = "none")
//! arena: "8KiB"         arena = "8KiB"               "lifo"                 order = "lifo"
//! ```
//!
//! This module guesses only where the meaning is clear; `value` decides which values are valid.

use crate::option::{HeapOption, Kind, Word};
use crate::options::ALL;
use crate::size;
use crate::spelling::{is_one_of, is_same};
use crate::tokens::{literal, text};
use crate::value::{self, Value};
use core::slice;
use proc_macro2::TokenTree;
use syn::Lit;

/// Names that no option has, each with the way to get what the user wants.
pub(crate) const ELSEWHERE: [(&str, &str); 6] = [
    (
        "global global_allocator is_global default install",
        "write `#[global_allocator]` above the attribute",
    ),
    ("name label id", "a heap takes the name of its static: `static NAME: BrkHeap;`"),
    ("align alignment min_align", "remove it; each request states its own alignment"),
    ("page page_size huge_pages", "remove it; the system sets the page size"),
    (
        "oom on_oom panic abort error_handler fallback",
        "remove it; a failed allocation returns null, as `GlobalAlloc` specifies",
    ),
    (
        "std no_std nostd",
        "remove it; `std` is a feature of the crate, which a heap with a `cache` needs",
    ),
];

/// Words that ask for the default, where the option has no such value.
const LEFT_OUT: &str =
    "auto automatic default system max maximum unlimited infinite infinity none any";

/// Returns the help for a name that asks for something other than an option.
pub(crate) fn elsewhere(name: &str) -> Option<&'static str> {
    ELSEWHERE.iter().find(|(names, _)| is_one_of(names, name)).map(|(_, instead)| *instead)
}

/// Advises to leave `option` out, if `text` asks for its default.
pub(crate) fn left_out(option: &HeapOption, text: &str) -> Option<String> {
    is_one_of(LEFT_OUT, text)
        .then(|| format!("leave `{}` out for its default: {}", option.name, option.default))
}

/// Writes the only option that takes `text`, with that value: `order = "lifo"`. Aliases count.
pub(crate) fn option_with(text: &str) -> Option<String> {
    option_with_name(text).or_else(|| only_with(|word| is_one_of(word.aliases, text)))
}

/// Writes the only option that takes `text`, where aliases do not count.
pub(crate) fn option_with_name(text: &str) -> Option<String> {
    only_with(|word| is_same(word.text, text) || is_same(word.item, text))
}

/// Writes the option with its word for which `is_meant` holds, if there is exactly one.
fn only_with(is_meant: impl Fn(&Word) -> bool) -> Option<String> {
    let words = |option: &'static HeapOption| option.words.iter().map(move |word| (option, word));
    let mut all = ALL.iter().flat_map(|option| words(option)).filter(|(_, word)| is_meant(word));
    let (option, word) = all.next()?;
    all.next().is_none().then(|| option.written_with(word))
}

/// Guesses the value that `written`, which is not valid, means for `option`.
pub(crate) fn value_meant(option: &HeapOption, written: &[TokenTree]) -> Option<String> {
    if let [TokenTree::Ident(keyword), rest @ ..] = written {
        if keyword == "unsafe" {
            return value_meant(option, rest);
        }
    }
    if let [TokenTree::Group(group)] = written {
        let inside: Vec<TokenTree> = group.stream().into_iter().collect();
        return sound(option, &inside).or_else(|| value_meant(option, &inside));
    }
    let is_mark =
        |token: &TokenTree| matches!(token, TokenTree::Punct(p) if ":=>.-".contains(p.as_char()));
    let marks = written.iter().take_while(|token| is_mark(token)).count();
    if 0 < marks {
        let behind = &written[marks..];
        return sound(option, behind).or_else(|| value_meant(option, behind));
    }
    match option.kind {
        Kind::Size { .. } => size_meant(option, written),
        Kind::Word | Kind::WordOrPath { .. } => None,
        Kind::Path | Kind::Text => return None,
    }
    .or_else(|| Some(option.written_with(option.meant(&last_word(written)?)?)))
}

/// Writes `option` with `written` unchanged, if that is a valid value.
pub(crate) fn sound(option: &HeapOption, written: &[TokenTree]) -> Option<String> {
    let is_sound = match value::read(option, written) {
        Some(Value::Size(bytes)) => option.accepts(bytes),
        value => value.is_some(),
    };
    let plain = || format!("{} = {}", option.name, text(written));
    let word = || option.word(&last_word(written)?);
    is_sound.then(|| word().map_or_else(plain, |word| option.written_with(word)))
}

/// Writes a size for `64 KiB`, `64 "KiB"`, or a product of numbers.
fn size_meant(option: &HeapOption, written: &[TokenTree]) -> Option<String> {
    let unquoted = |token: &TokenTree| token.to_string().replace('"', "");
    let joined: String = written.iter().map(unquoted).collect();
    let (text, bytes) = match size::read(&joined) {
        Some(bytes) => (joined, bytes),
        None => product(written).map(|bytes| (size::show(bytes), bytes))?,
    };
    option.accepts(bytes).then(|| format!("{} = \"{text}\"", option.name))
}

/// Computes `64 * 1024` and `1 << 20`.
fn product(written: &[TokenTree]) -> Option<u64> {
    let number = |token: &TokenTree| match literal(slice::from_ref(token))? {
        Lit::Int(number) if number.suffix().is_empty() => number.base10_parse::<u64>().ok(),
        _ => None,
    };
    let is = |token: &TokenTree, mark| matches!(token, TokenTree::Punct(p) if p.as_char() == mark);
    let product = match written {
        [base, first, second, shift] if is(first, '<') && is(second, '<') => {
            number(base)?.checked_mul(1_u64.checked_shl(u32::try_from(number(shift)?).ok()?)?)?
        }
        [first, rest @ ..] if !rest.is_empty() => {
            rest.chunks(2).try_fold(number(first)?, |product, pair| match pair {
                [times, factor] if is(times, '*') => product.checked_mul(number(factor)?),
                _ => None,
            })?
        }
        _ => return None,
    };
    (0 < product).then_some(product)
}

/// Returns the last word of a path, or the text of a string of any kind.
pub(crate) fn last_word(written: &[TokenTree]) -> Option<String> {
    match written.last()? {
        TokenTree::Ident(word) => Some(word.to_string()),
        TokenTree::Literal(literal) => {
            let literal = literal.to_string();
            literal.split(['"', '\'']).nth(1).map(str::to_owned)
        }
        _ => None,
    }
}
