//! The attribute's arguments: what was written, each option with its place, and every mistake.
//!
//! ```text
//! arena = "64KiB", policy = "frist_fit", unsafe(lock = "none")
//! name    value                   ^ reported    ^ kept with the value, for the expansion
//! ```
//!
//! Parsing never fails and never stops: a bad entry is reported, skipped to its end, and the next
//! one is read. What the options mean to each other is left to [`rules`](crate::rules).

use crate::diag::{Diagnostic, Mistake, Sink, error};
use crate::hints;
use crate::options::{self, HeapOption, Kind, Word};
use crate::size;
use crate::tokens::{
    is_named, is_option, is_rust, literal, next, option_behind_marks, peek, read, take_value, text,
    until_comma,
};
use core::slice;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse as _, ParseStream};
use syn::{Lit, Path, Token, TypePath};

/// The options of one attribute that were written and understood.
#[derive(Debug, Default)]
pub(crate) struct Args {
    entries: Vec<Entry>,
    has_failed: bool,
}

/// One option with its value.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The option's row.
    pub(crate) option: &'static HeapOption,
    /// The option's name as it was written.
    pub(crate) name: Ident,
    /// What the value means.
    pub(crate) value: Value,
    /// The value as it was written.
    pub(crate) tokens: TokenStream,
    /// The `unsafe(…)` around the entry.
    pub(crate) unsafety: Option<Unsafety>,
}

/// What a value means.
#[derive(Debug)]
pub(crate) enum Value {
    /// One of the option's words.
    Word(&'static Word),
    /// A size in bytes.
    Size(u64),
    /// A path, as it was written.
    Path(TokenStream),
}

/// The user's own `unsafe(…)`.
#[derive(Clone, Debug)]
pub(crate) struct Unsafety {
    /// The keyword.
    pub(crate) keyword: Ident,
    /// Where the parentheses stand.
    pub(crate) parentheses: Span,
}

impl Args {
    /// Reads the arguments and reports what is wrong with each.
    pub(crate) fn parse(stream: TokenStream, sink: &mut Sink) -> Self {
        let mut args = Self::default();
        read(stream, |input| args.read(input, None, sink));
        args
    }

    /// Every option that was understood, in the order in which they were written.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether an entry was not understood, so that an option may be missing for that reason.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// The entry of `option`, if it was written and understood.
    pub(crate) fn get(&self, option: &HeapOption) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.option.name == option.name)
    }

    /// The size that was written for `option`.
    pub(crate) fn size(&self, option: &HeapOption) -> Option<u64> {
        self.get(option).and_then(Entry::size)
    }

    /// The entry of `option`, if `word` was written for it.
    pub(crate) fn with_word(&self, option: &HeapOption, word: &str) -> Option<&Entry> {
        debug_assert!(option.word(word).is_some(), "`{}` has no `{word}`", option.name);
        self.get(option).filter(|entry| entry.is_word(word))
    }

    /// Reads entries to the end of `input`.
    fn read(&mut self, input: ParseStream, unsafety: Option<&Unsafety>, sink: &mut Sink) {
        while !input.is_empty() {
            match entry(input, unsafety) {
                Ok(Found::Entry(entry)) => self.keep(entry, sink),
                Ok(Found::Unsafe(unsafety, group)) => self.read_unsafe(unsafety, &group, sink),
                Ok(Found::NoValue(mistake)) => {
                    self.has_failed = true;
                    sink.push(mistake);
                    // What comes next stands where the value should: no comma is missing.
                    if is_option(input) {
                        continue;
                    }
                }
                Err(mistake) => {
                    self.has_failed = true;
                    sink.push(mistake);
                }
            }
            separator(input, sink);
        }
    }

    fn read_unsafe(&mut self, unsafety: Unsafety, group: &Group, sink: &mut Sink) {
        if group.stream().is_empty() {
            self.has_failed = true;
            let around = [TokenTree::Ident(unsafety.keyword), TokenTree::Group(group.clone())];
            let empty = error("`unsafe()` has no option in it");
            sink.push(empty.help("write `unsafe(lock = \"none\")`").at(stream_of(&around)));
            return;
        }
        read(group.stream(), |input| self.read(input, Some(&unsafety), sink));
    }

    fn keep(&mut self, entry: Entry, sink: &mut Sink) {
        if self.get(entry.option).is_none() {
            self.entries.push(entry);
            return;
        }
        let twice = error(format!("option `{}` is given twice", entry.option.name));
        sink.push(twice.help("keep one of the two").at(&entry.name));
    }
}

impl Entry {
    /// The size that was written.
    pub(crate) fn size(&self) -> Option<u64> {
        match self.value {
            Value::Size(size) => Some(size),
            Value::Word(_) | Value::Path(_) => None,
        }
    }

    /// Whether `word` was written.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(self.value, Value::Word(written) if written.text == word)
    }

    /// The entry without its place: `arena = "64KiB"`.
    pub(crate) fn written(&self) -> String {
        let value: Vec<TokenTree> = self.tokens.clone().into_iter().collect();
        format!("{} = {}", self.option.name, text(&value))
    }

    /// The first token of the value, for spans.
    pub(crate) fn span(&self) -> Span {
        self.tokens.clone().into_iter().next().map_or_else(|| self.name.span(), |t| t.span())
    }
}

/// What an entry turned out to be.
enum Found {
    Entry(Entry),
    Unsafe(Unsafety, Group),
    NoValue(Mistake),
}

/// Reads one entry and stops at its end, or at the next comma if it has none.
fn entry(input: ParseStream, unsafety: Option<&Unsafety>) -> Result<Found, Mistake> {
    let is_alone = !is_named(input);
    let Ok(name) = input.call(Ident::parse_any) else {
        let found = until_comma(input);
        return Err(hints::not_a_name(&found, peek(input).as_ref()));
    };
    if name == "unsafe" {
        return unsafe_entry(input, name, unsafety);
    }
    let plain = name.unraw().to_string();
    let Some(option) = options::named(&plain) else {
        skip_value(input, is_alone);
        return Err(options::unknown(&plain, is_alone).at(&name));
    };
    if is_alone {
        return Err(no_value(option, &name, &until_comma(input)));
    }
    let equals = next(input);
    let written = take_value(input);
    if written.is_empty() {
        let missing = error(format!("option `{}` needs a value after `=`", option.name))
            .help(format!("write `{}`", option.written_as_example()));
        return Ok(Found::NoValue(missing.at(quote!(#name #equals))));
    }
    let value = value(option, &written)?;
    let unsafety = unsafety.cloned();
    Ok(Found::Entry(Entry { option, name, value, tokens: stream_of(&written), unsafety }))
}

/// Steps over the comma between two entries and reports anything else.
fn separator(input: ParseStream, sink: &mut Sink) {
    let Some(found) = peek(input) else { return };
    if input.peek(Token![,]) {
        next(input);
        return;
    }
    let shown = text(slice::from_ref(&found));
    let expected = error(format!("expected `,`, found `{shown}`"));
    sink.push(expected.help("options are separated by commas").at(found));
    if let Some(option) = option_behind_marks(input) {
        input.advance_to(&option);
    } else if input.peek(Token![;]) {
        next(input);
    } else if !is_option(input) {
        until_comma(input);
        next(input);
    }
}

/// Reads the parentheses of `unsafe(…)`, which stand behind `keyword`.
fn unsafe_entry(
    input: ParseStream,
    keyword: Ident,
    around: Option<&Unsafety>,
) -> Result<Found, Mistake> {
    let is_around = |group: &Group| group.delimiter() == Delimiter::Parenthesis;
    let group = input.parse().ok().filter(is_around).filter(|_| around.is_none());
    let Some(group) = group else {
        until_comma(input);
        return Err(error("expected an option name, found `unsafe`")
            .help("`unsafe` is written around one option: `unsafe(lock = \"none\")`")
            .at(keyword));
    };
    let parentheses = group.span();
    Ok(Found::Unsafe(Unsafety { keyword, parentheses }, group))
}

/// Steps over the value of an option that does not exist.
fn skip_value(input: ParseStream, is_alone: bool) {
    if is_alone {
        until_comma(input);
    } else {
        next(input);
        take_value(input);
    }
}

/// The complaint about `arena`, `arena("64KiB")` and `arena: "64KiB"`.
fn no_value(option: &HeapOption, name: &Ident, found: &[TokenTree]) -> Mistake {
    let meant = hints::sound(option, found).or_else(|| hints::value_meant(option, found));
    error(format!("option `{}` needs a value", option.name))
        .help(format!("write `{}`", meant.unwrap_or_else(|| option.written_as_example())))
        .at(name)
}

/// What `written` means as a value of `option`.
pub(crate) fn value(option: &HeapOption, written: &[TokenTree]) -> Result<Value, Mistake> {
    let understood = match (option.kind, literal(written)) {
        (Kind::Word | Kind::WordOrPath, Some(Lit::Str(word))) => {
            let word = word.value();
            option.word(&word).map(Value::Word).ok_or_else(|| match option.kind {
                Kind::WordOrPath if word.contains("::") => quoted_path(option, &word),
                _ => hints::unknown_word(option, &word),
            })
        }
        (Kind::Size { instead_of_zero }, Some(literal)) => {
            match size_or_word(option, &literal, written) {
                Ok(Value::Size(0)) => {
                    Err(error(format!("`{}` must not be zero", option.name)).help(instead_of_zero))
                }
                result => result,
            }
        }
        (Kind::Path, Some(Lit::Str(path))) => Err(quoted_path(option, &path.value())),
        (Kind::Path, None) if is_rust(Path::parse_mod_style, written) => {
            Ok(Value::Path(stream_of(written)))
        }
        (Kind::WordOrPath, None) if is_type_path(option, written) => {
            Ok(Value::Path(stream_of(written)))
        }
        _ => Err(wrong_kind(option, written)),
    };
    understood.map_err(|diagnostic| diagnostic.at(stream_of(written)))
}

/// What a literal means where a size belongs.
fn size_or_word(
    option: &HeapOption,
    literal: &Lit,
    written: &[TokenTree],
) -> Result<Value, Diagnostic> {
    match literal {
        Lit::Str(text) => {
            let text = &text.value();
            let is_number = text.trim_start().starts_with(|c: char| c.is_ascii_digit());
            match option.meant(text) {
                Some(word) if word.text == text => Ok(Value::Word(word)),
                Some(word) if !is_number => Err(error(format!("`{text}` is not a size"))
                    .help(format!("did you mean `\"{}\"`?", word.text))),
                _ => match hints::left_out(option, text) {
                    Some(instead) => Err(error(format!("`{text}` is not a size")).help(instead)),
                    None => size::parse(text, option).map(Value::Size),
                },
            }
        }
        Lit::Int(number) => size::integer(number, &text(written), option).map(Value::Size),
        Lit::Float(number) => Err(size::float(number, option)),
        _ => Err(wrong_kind(option, written)),
    }
}

fn wrong_kind(option: &HeapOption, written: &[TokenTree]) -> Diagnostic {
    let wrong = option.wrong_kind(&text(written));
    if let Some(meant) = hints::value_meant(option, written) {
        return wrong.help(format!("write `{meant}`"));
    }
    let wrong = wrong.help(option.right_kind());
    let is_named =
        matches!(written, [TokenTree::Ident(word), ..] if word != "true" && word != "false");
    match option.kind {
        Kind::Size { .. } if is_named => {
            wrong.note("the attribute is read before constants and macros have a value")
        }
        Kind::Word => wrong.note(format!("the values are {}", option.values())),
        _ => wrong,
    }
}

fn quoted_path(option: &HeapOption, path: &str) -> Diagnostic {
    option
        .wrong_kind(&format!("\"{path}\""))
        .help(format!("write the path without quotes: `{} = {path}`", option.name))
}

/// Whether `written` can be the path of a type, and is none of the option's words without quotes.
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

fn stream_of(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().map(ToTokens::to_token_stream).collect()
}
