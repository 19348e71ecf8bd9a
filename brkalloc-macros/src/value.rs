//! Reads the value of an option: a word, a size, or a path.
//!
//! ```text
//! policy = "best_fit"    arena = "64KiB"    lock = a::B<C>
//!          Word                  Size              Path
//! ```
//!
//! This module words no messages, so `hints` can test a guess before it offers it.

use crate::option::{HeapOption, Kind, Word};
use crate::size;
use crate::spelling::is_same;
use crate::tokens::{is_rust, literal, stream};
use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parse as _;
use syn::{Lit, Path, TypePath};

/// An option's value, understood.
#[derive(Debug)]
pub(crate) enum Value {
    /// One of the option's words.
    Word(&'static Word),
    /// A size in bytes.
    Size(u64),
    /// A path, as the user wrote it.
    Path(TokenStream),
    /// Any text but one of the option's words.
    Text(String),
}

/// Reads `written` as a value of `option`; `None` if the option does not take it.
pub(crate) fn read(option: &HeapOption, written: &[TokenTree]) -> Option<Value> {
    let word = |text: &str| option.word(text).map(Value::Word);
    match (option.kind, literal(written)) {
        (Kind::Word | Kind::WordOrPath { .. }, Some(Lit::Str(text))) => word(&text.value()),
        (Kind::Text, Some(Lit::Str(text))) => {
            let text = text.value();
            let is_path = !text.trim().is_empty() && !text.contains('\0');
            word(&text).or_else(|| is_path.then_some(Value::Text(text)))
        }
        (Kind::Size { .. }, Some(literal)) => {
            let size = || bytes(&literal).filter(|size| 0 < *size).map(Value::Size);
            match &literal {
                Lit::Str(text) => word(&text.value()).or_else(size),
                _ => size(),
            }
        }
        (Kind::Path, None) if is_rust(Path::parse_mod_style, written) => {
            Some(Value::Path(stream(written)))
        }
        (Kind::WordOrPath { spells, .. }, None)
            if is_type_path(option, written) && !(spells && spells_word(option, written)) =>
        {
            Some(Value::Path(stream(written)))
        }
        _ => None,
    }
}

/// Reads a size in bytes, zero included.
pub(crate) fn bytes(literal: &Lit) -> Option<u64> {
    match literal {
        Lit::Str(text) => size::read(&text.value()),
        Lit::Int(number) => size::integer(number),
        _ => None,
    }
}

/// Whether `written` can be the path of a type, and is not one of the option's words without
/// quotes.
fn is_type_path(option: &HeapOption, written: &[TokenTree]) -> bool {
    let is_bare_word = match written {
        [TokenTree::Ident(word)] => {
            let word = word.to_string();
            ["true", "false", "None"].contains(&word.as_str()) || option.word(&word).is_some()
        }
        _ => false,
    };
    is_rust(TypePath::parse, written) && !is_bare_word
}

/// Whether a path spells one of the option's words: `BestFit`, `best`, `Policy::Best`,
/// `brkalloc::BestFit`. A lone name without a capital letter is a word as well, though an unknown
/// one: no type is called so. `self::BestFit` is a path.
pub(crate) fn spells_word(option: &HeapOption, written: &[TokenTree]) -> bool {
    let mut names = Vec::new();
    for token in written {
        match token {
            TokenTree::Ident(name) => names.push(name.to_string()),
            TokenTree::Punct(colon) if colon.as_char() == ':' => {}
            _ => return false,
        }
    }
    let spells = |name: &String| option.spelled(name).is_some();
    match names.as_slice() {
        [name] => spells(name) || !name.contains(char::is_uppercase),
        [first, .., name] => (first == "brkalloc" || is_same(first, option.name)) && spells(name),
        [] => false,
    }
}
