//! Where a value ends and the next option begins, and tokens as a user would type them.
//!
//! ```text
//! lock = a::B<C, D>, arena = "64KiB"; grow = "none"
//! ^ an option      ^ both end a value ^
//!        ^ the comma in a path does not
//! ```
//!
//! [`syn`] reads what is Rust. The invisible groups that `macro_rules!` puts around what it
//! substitutes (`$size:expr`, `$lock:path`) are opened first, so that nobody else has to know of
//! them.
//!
//! This module knows the shape of an option's value, as far as needed to find its end, but no
//! option.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseBuffer, ParseStream, Parser};
use syn::{Lit, Token, TypePath, token};

/// Has `reader` read `stream`, of which it may leave what it likes.
pub(crate) fn read<T>(stream: TokenStream, reader: impl FnOnce(ParseStream) -> T) -> T {
    let mut result = None;
    let reader = |input: ParseStream| {
        result = Some(reader(input));
        input.parse::<TokenStream>()
    };
    // An error is about what was left in a group, which is no concern of ours.
    let _ = reader.parse2(open_invisible_groups(stream));
    result.expect("the reader has been called")
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

/// The next token, which stays where it is.
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

/// Takes everything before `is_end` holds; inside of a `T` that stands here, it does not count.
pub(crate) fn until<T: Parse>(
    input: ParseStream,
    is_end: impl Fn(ParseStream) -> bool,
) -> Vec<TokenTree> {
    let ahead = input.fork();
    let is_there = ahead.parse::<T>().is_ok();
    take_while(input, |input| is_there && input.cursor() < ahead.cursor() || !is_end(input))
}

/// Whether `name =` begins here, and not `name ==` or `name =>`.
pub(crate) fn is_named(input: ParseStream) -> bool {
    let goes_on = input.peek2(Token![==]) || input.peek2(Token![=>]);
    input.peek(Ident::peek_any) && input.peek2(Token![=]) && !goes_on
}

/// Whether an option begins here: `name =` or `unsafe(…)`.
pub(crate) fn is_option(input: ParseStream) -> bool {
    let is_unsafe = input.peek(Token![unsafe]) && input.peek2(token::Paren);
    is_unsafe || is_named(input)
}

/// The option that stands right behind marks such as `;` and `&&`, if there are any here.
pub(crate) fn option_behind_marks(input: ParseStream<'_>) -> Option<ParseBuffer<'_>> {
    let ahead = input.fork();
    let is_mark = |input: ParseStream| {
        input.cursor().punct().is_some_and(|(mark, _)| "&|+;/".contains(mark.as_char()))
    };
    let marks = take_while(&ahead, is_mark);
    (!marks.is_empty() && is_option(&ahead)).then_some(ahead)
}

/// Takes an option's value; nothing, if there is none.
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

/// The literal that `written` is, if it is one alone. A string with a suffix says nothing.
pub(crate) fn literal(written: &[TokenTree]) -> Option<Lit> {
    let [TokenTree::Literal(literal)] = written else { return None };
    Some(match Lit::new(literal.clone()) {
        Lit::Str(string) if !string.suffix().is_empty() => Lit::Verbatim(string.token()),
        literal => literal,
    })
}

/// Whether `parser` reads all of `written`, and rustc would. What rustc would not must not reach the
/// expansion: it would stumble over all of it, and the static would be gone.
///
/// With the feature `full`, which another crate may switch on, syn takes `try` for a name and knows
/// more of what may stand in braces; `gen` is a name to it always. So all three are refused.
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

/// The tokens as a stream.
pub(crate) fn stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().map(ToTokens::to_token_stream).collect()
}

/// The tokens as a user would type them, cut off where they become too long for a message.
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
