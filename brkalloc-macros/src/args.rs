//! Parses the attribute's arguments into options, each with its place, and reports every mistake.
//!
//! ```text
//! arena = "64KiB", policy = "frist_fit", unsafe(lock = "none")
//! name    value                   ^ reported    ^ kept with the value, for the expansion
//! ```
//!
//! Parsing never fails and never stops: it reports a bad entry, skips it to its end, and reads the
//! next one. [`rules`](crate::rules) checks whether the options fit together.

use crate::complaints;
use crate::diag::{Mistake, Sink, error};
use crate::option::HeapOption;
use crate::options;
use crate::tokens::{
    is_named, is_option, next, option_behind_marks, peek, read, stream, take_value, text,
    until_comma,
};
use crate::value::{self, Value};
use core::slice;
use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::quote;
use syn::Token;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative as _;

/// The valid options of one attribute, as written.
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
    /// The name, as the user wrote it.
    pub(crate) name: Ident,
    /// The value, understood.
    pub(crate) value: Value,
    /// The value, as the user wrote it.
    pub(crate) tokens: TokenStream,
    /// The `unsafe(…)` around the entry.
    pub(crate) unsafety: Option<Unsafety>,
    /// The word of the preset that the entry comes from, unless the user wrote it.
    pub(crate) preset: Option<&'static str>,
}

/// The user's own `unsafe(…)`.
#[derive(Clone, Debug)]
pub(crate) struct Unsafety {
    /// The keyword.
    pub(crate) keyword: Ident,
    /// The place of the parentheses.
    pub(crate) parentheses: Span,
}

impl Args {
    /// Parses the arguments and reports the mistakes in each.
    pub(crate) fn parse(arguments: TokenStream, sink: &mut Sink) -> Self {
        let mut args = Self::default();
        read(arguments, |input| args.read(input, None, sink));
        args
    }

    /// Returns every valid option, in the order in which the user wrote them.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds an option of the preset that the user named, at the place of its word; not if the option
    /// was written.
    pub(crate) fn add_of_preset(&mut self, option: &'static HeapOption, value: &'static str) {
        let Some(named) = self.get(&options::PRESET) else { return };
        let (Value::Word(word), span) = (&named.value, named.span()) else { return };
        let preset = Some(word.text);
        let mut literal: Literal = value.parse().expect("the table of presets has literals");
        literal.set_span(span);
        let written = [TokenTree::Literal(literal)];
        let value = value::read(option, &written).expect("the table of presets has valid values");
        if self.get(option).is_none() {
            let name = Ident::new(option.name, span);
            let tokens = stream(&written);
            self.entries.push(Entry { option, name, value, tokens, unsafety: None, preset });
        }
    }

    /// Removes the first option of a preset that `is_unfit`. Returns whether there was one.
    pub(crate) fn remove_of_preset(&mut self, is_unfit: impl Fn(&Entry, &Self) -> bool) -> bool {
        let found = |entry: &Entry| entry.preset.is_some() && is_unfit(entry, self);
        let place = self.entries.iter().position(found);
        place.map(|place| self.entries.remove(place)).is_some()
    }

    /// Whether an entry had a mistake, so that an option may be missing for that reason.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Returns the entry of `option`, if it was written and is valid.
    pub(crate) fn get(&self, option: &HeapOption) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.option.name == option.name)
    }

    /// Returns the size written for `option`.
    pub(crate) fn size(&self, option: &HeapOption) -> Option<u64> {
        self.get(option).and_then(Entry::size)
    }

    /// Returns the entry of `option`, if its value is `word`.
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
                    // The next option stands where the value should: no comma is missing.
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
            sink.push(empty.help("write `unsafe(lock = \"none\")`").at(stream(&around)));
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
    /// Returns the value, if it is a size.
    pub(crate) fn size(&self) -> Option<u64> {
        match self.value {
            Value::Size(size) => Some(size),
            Value::Word(_) | Value::Path(_) | Value::Text(_) => None,
        }
    }

    /// Whether the value is `word`.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(self.value, Value::Word(written) if written.text == word)
    }

    /// Shows the entry as text: `arena = "64KiB"`.
    pub(crate) fn written(&self) -> String {
        let value: Vec<TokenTree> = self.tokens.clone().into_iter().collect();
        format!("{} = {}", self.option.name, text(&value))
    }

    /// Returns the place of the value's first token.
    pub(crate) fn span(&self) -> Span {
        self.tokens.clone().into_iter().next().map_or_else(|| self.name.span(), |t| t.span())
    }
}

/// One parsed entry.
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
        return Err(complaints::not_a_name(&found, peek(input).as_ref()));
    };
    if name == "unsafe" {
        return unsafe_entry(input, name, unsafety);
    }
    let plain = name.unraw().to_string();
    let Some(option) = options::named(&plain) else {
        skip_value(input, is_alone);
        return Err(complaints::unknown(&plain, is_alone).at(&name));
    };
    if is_alone {
        return Err(complaints::no_value(option, &name, &until_comma(input)));
    }
    let equals = next(input);
    let written = take_value(input);
    if written.is_empty() {
        let missing = error(format!("option `{}` needs a value after `=`", option.name))
            .help(format!("write `{}`", option.written_as_example()));
        return Ok(Found::NoValue(missing.at(quote!(#name #equals))));
    }
    let value = value::read(option, &written);
    let value = value.ok_or_else(|| complaints::wrong_value(option, &written))?;
    let unsafety = unsafety.cloned();
    Ok(Found::Entry(Entry {
        option,
        name,
        value,
        tokens: stream(&written),
        unsafety,
        preset: None,
    }))
}

/// Skips the comma between two entries and reports anything else.
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

/// Reads the parentheses of `unsafe(…)`, which follow `keyword`.
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
            .help("write `unsafe` around one option: `unsafe(lock = \"none\")`")
            .at(keyword));
    };
    let parentheses = group.span();
    Ok(Found::Unsafe(Unsafety { keyword, parentheses }, group))
}

/// Skips the value of an option that does not exist.
fn skip_value(input: ParseStream, is_alone: bool) {
    if is_alone {
        until_comma(input);
    } else {
        next(input);
        take_value(input);
    }
}
