//! Words each mistake in the arguments: the error, and the line to write instead.
//!
//! ```text
//! error: unknown order `lfio`
//!        help: did you mean `"lifo"`?             from `hints`
//!        note: the values are `address`, …        from `options`
//! ```
//!
//! `size` words mistakes in sizes, because it knows the units. `rules` words conflicts between
//! options.

use crate::diag::{Diagnostic, Mistake, error};
use crate::hints;
use crate::option::{HeapOption, Kind};
use crate::options::{ALL, ARENA, names};
use crate::size;
use crate::spelling::{is_one_of, nearest};
use crate::tokens::{literal, stream, text};
use crate::value;
use core::slice;
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::Lit;

/// Reports an option that does not exist. `is_alone` says that no value follows it.
pub(crate) fn unknown(name: &str, is_alone: bool) -> Diagnostic {
    let unknown = error(format!("unknown option `{name}`"));
    let is_alias = |option: &&&HeapOption| is_one_of(option.aliases, name);
    let alias = || ALL.iter().find(is_alias).map(|option| option.name);
    let near = || nearest(name, ALL.iter().map(|option| option.name));
    let option = || alias().or_else(near).map(str::to_owned);
    let with_word = || if is_alone { hints::option_with(name) } else { None };
    if let Some(meant) = with_word().or_else(option) {
        return unknown.help(format!("did you mean `{meant}`?"));
    }
    match hints::elsewhere(name) {
        Some(instead) => unknown.help(instead),
        None => unknown.help(format!("the options are {}", names())),
    }
}

/// Reports an option without `= value`: `arena`, `arena("64KiB")` and `arena: "64KiB"`.
pub(crate) fn no_value(option: &HeapOption, name: &Ident, found: &[TokenTree]) -> Mistake {
    let meant = hints::sound(option, found).or_else(|| hints::value_meant(option, found));
    error(format!("option `{}` needs a value", option.name))
        .help(format!("write `{}`", meant.unwrap_or_else(|| option.written_as_example())))
        .at(name)
}

/// Reports a value that `option` does not take.
pub(crate) fn wrong_value(option: &HeapOption, written: &[TokenTree]) -> Mistake {
    match (option.kind, literal(written)) {
        (Kind::Word, Some(Lit::Str(text))) => unknown_word(option, &text.value()),
        (Kind::WordOrPath { .. }, Some(Lit::Str(text))) => match text.value() {
            path if path.contains("::") => quoted_path(option, &path),
            word => unknown_word(option, &word),
        },
        (Kind::Size { .. }, Some(literal)) if value::bytes(&literal) == Some(0) => option.zero(),
        (Kind::Size { .. }, Some(Lit::Str(text))) => wrong_size(option, &text.value()),
        (Kind::Size { .. }, Some(Lit::Int(number))) => {
            size::not_integer(&number, &text(written), option)
        }
        (Kind::Size { .. }, Some(Lit::Float(number))) => size::not_whole_number(&number, option),
        (Kind::Path, Some(Lit::Str(path))) => quoted_path(option, &path.value()),
        (Kind::Text, Some(Lit::Str(text))) => no_path(option, &text.value()),
        _ => wrong_kind(option, written),
    }
    .at(stream(written))
}

/// Reports a string that is not a size.
fn wrong_size(option: &HeapOption, text: &str) -> Diagnostic {
    let not_a_size = || error(format!("`{text}` is not a size"));
    let is_number = text.trim_start().starts_with(|c: char| c.is_ascii_digit());
    if let Some(word) = option.meant(text).filter(|_| !is_number) {
        return not_a_size().help(format!("did you mean `\"{}\"`?", word.text));
    }
    match hints::left_out(option, text) {
        Some(instead) => not_a_size().help(instead),
        None => size::not_read(text, option),
    }
}

/// Reports a value of the wrong kind.
fn wrong_kind(option: &HeapOption, written: &[TokenTree]) -> Diagnostic {
    let wrong = option.wrong_kind(&text(written));
    if let Some(meant) = hints::value_meant(option, written) {
        let wrong = wrong.help(format!("write `{meant}`"));
        return match option.kind {
            Kind::WordOrPath { spells: true, .. } if value::spells_word(option, written) => wrong
                .note("to name a type of your own that is called so, begin its path with `self::`"),
            _ => wrong,
        };
    }
    let wrong = wrong.help(option.right_kind());
    let is_named =
        matches!(written, [TokenTree::Ident(word), ..] if word != "true" && word != "false");
    match option.kind {
        Kind::Size { .. } if is_named => {
            wrong.note("the attribute runs before the compiler evaluates constants and macros")
        }
        Kind::Word => wrong.note(format!("the values are {}", option.values())),
        _ => wrong,
    }
}

/// Reports a string that names no file.
fn no_path(option: &HeapOption, text: &str) -> Diagnostic {
    let wrong = if text.contains('\0') { "a string with a zero byte" } else { "an empty string" };
    error(format!("`{}` is given {wrong}", option.name))
        .help(format!("write `{}`", option.written_as_example()))
}

/// Reports a path in quotes.
fn quoted_path(option: &HeapOption, path: &str) -> Diagnostic {
    option
        .wrong_kind(&format!("\"{path}\""))
        .help(format!("write the path without quotes: `{} = {path}`", option.name))
}

/// Reports an entry that does not begin with a name.
pub(crate) fn not_a_name(found: &[TokenTree], comma: Option<&TokenTree>) -> Mistake {
    let form = format!("options are written `name = value`; the names are {}", names());
    let expected = |found: &str| error(format!("expected an option name, found `{found}`"));
    match found {
        [] => {
            let comma: TokenStream = comma.into_iter().cloned().collect();
            expected(",").help("remove this comma").at(comma)
        }
        [TokenTree::Literal(_), ..] => {
            let first = &found[..1];
            let shown = text(first);
            let meant = hints::last_word(first).and_then(|word| hints::option_with(&word));
            let meant = meant.or_else(|| hints::sound(&ARENA, first));
            let expected = expected(&shown);
            match meant {
                Some(meant) => expected.help(format!("did you mean `{meant}`?")).note(form),
                None => expected.help(form),
            }
            .at(stream(first))
        }
        [TokenTree::Group(group), ..] if group.delimiter() != Delimiter::None => {
            let example = ARENA.written_as_example();
            expected(&text(&found[..1]))
                .help(format!(
                    "write the options directly in the attribute's parentheses: \
                     `#[brk_heap({example})]`"
                ))
                .at(stream(&found[..1]))
        }
        [TokenTree::Punct(first), TokenTree::Punct(second), ..]
            if first.as_char() == '.' && second.as_char() == '.' =>
        {
            expected("..")
                .help("remove it; options that you leave out keep their defaults")
                .at(stream(&found[..2]))
        }
        [first, ..] => expected(&text(slice::from_ref(first))).help(form).at(first),
    }
}

/// Reports a string that is none of the option's words.
fn unknown_word(option: &HeapOption, text: &str) -> Diagnostic {
    if text.trim().is_empty() {
        return error(format!("`{}` is given an empty string", option.name))
            .help(format!("the values are {}", option.values()));
    }
    let unknown = error(format!("unknown {} `{text}`", option.name));
    let note = format!("the values are {}", option.values());
    if let Some(word) = option.meant(text) {
        let quoted = || format!("\"{}\"", word.text);
        let meant = if word.is_unsafe { option.written_with(word) } else { quoted() };
        return unknown.help(format!("did you mean `{meant}`?")).note(note);
    }
    if let Some(other) = hints::option_with_name(text) {
        return unknown.help(format!("did you mean `{other}`?")).note(note);
    }
    match hints::left_out(option, text) {
        Some(instead) => unknown.help(instead).note(note),
        None => unknown.help(note),
    }
}
