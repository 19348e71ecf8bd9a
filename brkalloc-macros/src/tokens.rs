//! Finds where a value ends and the next option begins, and shows tokens as a user would type them.
//!
//! ```text
//! lock = a::B<C, D>, arena = "64KiB"; grow = "none"
//! ^ an option      ^ both end a value ^
//!        ^ the comma in a path does not
//! ```
//!
//! [`syn`] parses the Rust in the arguments. `macro_rules!` wraps what it substitutes
//! (`$size:expr`, `$lock:path`) in invisible groups; [`read`] opens them first, so no other module
//! sees them.
//!
//! This module finds the end of any value, but knows no option.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseBuffer, ParseStream, Parser};
use syn::{Lit, Token, TypePath, token};

/// Runs `reader` over `stream`; it may leave tokens unread.
pub(crate) fn read<T>(stream: TokenStream, reader: impl FnOnce(ParseStream) -> T) -> T {
    let mut result = None;
    let reader = |input: ParseStream| {
        result = Some(reader(input));
        input.parse::<TokenStream>()
    };
    // An error means only that tokens were left in a group, which is allowed.
    let _ = reader.parse2(open_invisible_groups(stream));
    result.expect("syn calls the reader")
}

fn open_invisible_groups(stream: TokenStream) -> TokenStream {
    let open = |token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            open_invisible_groups(group.stream())
        }
        token => token.into(),
    };
    stream.into_iter().map(open).collect()
}

/// Returns the next token without taking it.
pub(crate) fn peek(input: ParseStream) -> Option<TokenTree> {
    input.cursor().token_tree().map(|(token, _)| token)
}

/// Takes the next token.
pub(crate) fn next(input: ParseStream) -> Option<TokenTree> {
    input.parse().ok()
}

/// Takes tokens while `is_part` holds.
pub(crate) fn take_while<'a>(
    input: ParseStream<'a>,
    is_part: impl Fn(ParseStream<'a>) -> bool,
) -> Vec<TokenTree> {
    let mut taken = Vec::new();
    while !input.is_empty() && is_part(input) {
        taken.extend(next(input));
    }
    taken
}

/// Takes everything before the next `,`.
pub(crate) fn until_comma(input: ParseStream) -> Vec<TokenTree> {
    take_while(input, |input| !input.peek(Token![,]))
}

/// Takes tokens until `is_end` holds. If a `T` begins here, ignores `is_end` inside of it.
pub(crate) fn until<T: Parse>(
    input: ParseStream,
    is_end: impl Fn(ParseStream) -> bool,
) -> Vec<TokenTree> {
    let ahead = input.fork();
    let is_there = ahead.parse::<T>().is_ok();
    take_while(input, |input| is_there && input.cursor() < ahead.cursor() || !is_end(input))
}

/// Whether `name =` begins here, but not `name ==` or `name =>`.
pub(crate) fn is_named(input: ParseStream) -> bool {
    let goes_on = input.peek2(Token![==]) || input.peek2(Token![=>]);
    input.peek(Ident::peek_any) && input.peek2(Token![=]) && !goes_on
}

/// Whether an option begins here: `name =` or `unsafe(…)`.
pub(crate) fn is_option(input: ParseStream) -> bool {
    let is_unsafe = input.peek(Token![unsafe]) && input.peek2(token::Paren);
    is_unsafe || is_named(input)
}

/// Finds an option directly behind marks such as `;` and `&&`, if any stand here.
pub(crate) fn option_behind_marks(input: ParseStream<'_>) -> Option<ParseBuffer<'_>> {
    let ahead = input.fork();
    let is_mark = |input: ParseStream| {
        input.cursor().punct().is_some_and(|(mark, _)| "&|+;/".contains(mark.as_char()))
    };
    let marks = take_while(&ahead, is_mark);
    (!marks.is_empty() && is_option(&ahead)).then_some(ahead)
}

/// Takes an option's value; takes nothing if there is none.
///
/// A value ends at a comma (one between a path's angle brackets does not count), at a
/// semicolon, or where the next option begins.
pub(crate) fn take_value(input: ParseStream) -> Vec<TokenTree> {
    if is_named(input) {
        return Vec::new();
    }
    let start = input.cursor();
    until::<TypePath>(input, |input| {
        let is_next = || is_option(input) || option_behind_marks(input).is_some();
        let is_mark = input.peek(Token![,]) || input.peek(Token![;]);
        is_mark || input.cursor() != start && is_next()
    })
}

/// Returns the literal, if `written` is exactly one. A string with a suffix counts as no string.
pub(crate) fn literal(written: &[TokenTree]) -> Option<Lit> {
    let [TokenTree::Literal(literal)] = written else { return None };
    Some(match Lit::new(literal.clone()) {
        Lit::Str(string) if !string.suffix().is_empty() => Lit::Verbatim(string.token()),
        literal => literal,
    })
}

/// Whether `parser` and rustc both accept all of `written`. Tokens that rustc rejects must not
/// reach the expansion: rustc would discard all of it, and the static would be gone.
///
/// With the feature `full`, which another crate may enable, syn accepts `try` as a name and more
/// kinds of braces; it always accepts `gen` as a name. So this function rejects all three.
pub(crate) fn is_rust(parser: impl Parser, written: &[TokenTree]) -> bool {
    fn is_settled(stream: TokenStream) -> bool {
        stream.into_iter().all(|token| match token {
            TokenTree::Group(group) => {
                group.delimiter() != Delimiter::Brace && is_settled(group.stream())
            }
            TokenTree::Ident(word) => word != "try" && word != "gen",
            TokenTree::Punct(_) | TokenTree::Literal(_) => true,
        })
    }
    let stream = stream(written);
    is_settled(stream.clone()) && parser.parse2(stream).is_ok()
}

/// Collects the tokens into a stream.
pub(crate) fn stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().map(ToTokens::to_token_stream).collect()
}

/// Shows the tokens as a user would type them, cut to the length of a message.
pub(crate) fn text(tokens: &[TokenTree]) -> String {
    const LONGEST: usize = 40;
    let text = uncut_text(tokens);
    if LONGEST < text.chars().count() {
        return text.chars().take(LONGEST).chain(['…']).collect();
    }
    text
}

fn uncut_text(tokens: &[TokenTree]) -> String {
    let mut text = String::new();
    for (place, token) in tokens.iter().enumerate() {
        if 0 < place && is_spaced(&tokens[place - 1], token) {
            text.push(' ');
        }
        match token {
            TokenTree::Group(group) => text.push_str(&group_text(group)),
            token => text.push_str(&token.to_string()),
        }
    }
    text
}

fn group_text(group: &Group) -> String {
    let inner = uncut_text(&group.stream().into_iter().collect::<Vec<_>>());
    match group.delimiter() {
        Delimiter::Parenthesis => format!("({inner})"),
        Delimiter::Bracket => format!("[{inner}]"),
        Delimiter::Brace => format!("{{ {inner} }}"),
        Delimiter::None => inner,
    }
}

/// Whether a space belongs between two tokens: between words, around operators, behind commas.
fn is_spaced(left: &TokenTree, right: &TokenTree) -> bool {
    let is_one_of = |token: &TokenTree, marks: &str| match token {
        TokenTree::Punct(punct) => marks.contains(punct.as_char()),
        _ => false,
    };
    let is_word = |token: &TokenTree| !matches!(token, TokenTree::Punct(_) | TokenTree::Group(_));
    let is_literal = matches!(right, TokenTree::Literal(_));
    let is_block =
        matches!(right, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    match left {
        TokenTree::Punct(left) if left.spacing() == Spacing::Joint => false,
        TokenTree::Punct(colon) if colon.as_char() == ':' && is_literal => true,
        TokenTree::Ident(_) if is_block => true,
        TokenTree::Punct(_) => is_one_of(left, "+*/=|,;") || is_one_of(right, "+*/=|"),
        left => is_word(left) && is_word(right) || is_one_of(right, "+*/=|"),
    }
}
