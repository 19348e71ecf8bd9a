//! Parses the item under the attribute: a static without an initializer. Recovers from anything
//! else.
//!
//! ```text
//! #[global_allocator] pub static mut HEAP : BrkHeap = BrkHeap::new() ;
//! attributes          ^vis       ^  name    type    ^ reported and skipped
//!                                ^ reported and skipped
//! ```
//!
//! rustc itself rejects generics, `_` as a name, and a missing type; this module reports none of
//! them.

use crate::diag::{Sink, error};
use crate::tokens::{next, peek, read, take_while, text, until};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::parse::ParseStream;
use syn::{Path, Token, Type, token};

/// The static that becomes a heap.
#[derive(Debug)]
pub(crate) struct HeapStatic {
    /// Every attribute except another `#[brk_heap]` and those of the section.
    pub(crate) attributes: TokenStream,
    /// `pub`, `pub(…)` or nothing.
    pub(crate) visibility: TokenStream,
    /// The keyword `static`.
    pub(crate) keyword: Ident,
    /// The static's name, which its configuration shares.
    pub(crate) name: Ident,
    /// Whether the static is deprecated, so that its uses draw a warning.
    pub(crate) is_deprecated: bool,
    /// The attributes that place the static, or the array of its arena, in a section.
    pub(crate) section: TokenStream,
    /// The type, as the user wrote it.
    pub(crate) declared: TokenStream,
}

impl HeapStatic {
    /// Parses the item and reports everything that does not belong there.
    ///
    /// # Errors
    ///
    /// If there is no `static NAME`, returns the tokens to emit in place of the item: the item
    /// itself, or nothing if rustc would report its missing body.
    pub(crate) fn parse(stream: TokenStream, sink: &mut Sink) -> Result<Self, TokenStream> {
        read(stream.clone(), |input| Self::read(input, stream, sink))
    }

    /// Reads `input`, which is the whole `item`.
    fn read(input: ParseStream, item: TokenStream, sink: &mut Sink) -> Result<Self, TokenStream> {
        let Attributes { kept: attributes, is_deprecated, section } = Attributes::take(input, sink);
        let visibility = visibility(input);
        if let Some(qualifier) = qualifier(input) {
            next(input);
            let mistake = error(format!("a heap static must not be `{qualifier}`"));
            sink.push(mistake.help(format!("remove `{qualifier}`")).at(qualifier));
        }
        let is_constant = is_constant_heap(input);
        let Some(keyword) = word(input).filter(|word| is_constant || word == "static") else {
            return Err(other_item(input, item, sink));
        };
        if is_constant {
            // It becomes a static nevertheless, so that its uses draw no errors.
            other_item(input, TokenStream::new(), sink);
        }
        let keyword = Ident::new("static", keyword.span());
        next(input);
        if input.peek(Token![mut]) {
            let mistake = error("a heap static must not be `mut`");
            sink.push(mistake.help("remove `mut`; the heap locks itself").at(next(input)));
        }
        let Ok(name) = input.parse::<Ident>() else { return Err(TokenStream::new()) };
        let is_typed = input.parse::<Token![:]>().is_ok();
        let declared = if is_typed { declared(input) } else { Vec::new() };
        if !is_constant {
            initializer(input, &name, &declared, sink);
        }
        let declared = declared.into_iter().collect();
        Ok(Self { attributes, visibility, keyword, name, is_deprecated, section, declared })
    }
}

/// The attributes of an item.
#[derive(Default)]
struct Attributes {
    kept: TokenStream,
    is_deprecated: bool,
    section: TokenStream,
}

impl Attributes {
    /// Takes the attributes, reports another `#[brk_heap]`, and keeps all others unchanged.
    fn take(input: ParseStream, sink: &mut Sink) -> Self {
        let mut attributes = Self::default();
        while input.peek(Token![#]) && input.peek2(token::Bracket) {
            let (mark, group) = (next(input), input.parse::<Group>().ok());
            let name = group.as_ref().map(last_segment).unwrap_or_default();
            let attribute = quote!(#mark #group);
            if name == "brk_heap" {
                let twice = error("`#[brk_heap]` is applied twice to the same static");
                sink.push(twice.help("remove one of the two attributes").at(attribute));
            } else {
                attributes.is_deprecated |= name == "deprecated";
                let is_section = name == "link_section";
                let these = if is_section { &mut attributes.section } else { &mut attributes.kept };
                these.extend(attribute);
            }
        }
        attributes
    }
}

/// Returns the last word of an attribute's path, within `unsafe(…)` if it has that.
fn last_segment(attribute: &Group) -> String {
    let mut tokens = attribute.stream();
    if let Some((keyword, TokenTree::Group(inside))) = pair(&tokens) {
        if matches!(keyword, TokenTree::Ident(word) if word == "unsafe") {
            tokens = inside.stream();
        }
    }
    let path = read(tokens, |input| input.call(Path::parse_mod_style)).ok();
    let last = path.and_then(|path| path.segments.last().map(|last| last.ident.to_string()));
    last.unwrap_or_default()
}

/// Returns the two tokens, if there are two.
fn pair(tokens: &TokenStream) -> Option<(TokenTree, TokenTree)> {
    let mut tokens = tokens.clone().into_iter();
    let pair = tokens.next().zip(tokens.next());
    pair.filter(|_| tokens.next().is_none())
}

/// Takes `pub` and the parentheses behind it. rustc has already checked their content.
fn visibility(input: ParseStream) -> TokenStream {
    let mut visibility = TokenStream::new();
    if input.peek(Token![pub]) {
        visibility.extend(next(input));
        if input.peek(token::Paren) {
            visibility.extend(next(input));
        }
    }
    visibility
}

/// Takes the type before `=` or `;`. The `=` in `Trait<Item = u8>` does not end it.
fn declared(input: ParseStream) -> Vec<TokenTree> {
    until::<Type>(input, |input| input.peek(Token![=]) || input.peek(Token![;]))
}

/// Returns the next token, if it is a word.
fn word(input: ParseStream) -> Option<Ident> {
    input.cursor().ident().map(|(word, _)| word)
}

/// Returns the `unsafe` or `safe` before `static`, which only a block of `extern` allows.
fn qualifier(input: ParseStream) -> Option<Ident> {
    let is_static = input.peek2(Token![static]);
    word(input).filter(|word| is_static && (word == "unsafe" || word == "safe"))
}

/// Whether `const NAME: BrkHeap` begins here, with any path to the type.
fn is_constant_heap(input: ParseStream) -> bool {
    let ahead = input.fork();
    let is_typed = ahead.parse::<Token![const]>().is_ok()
        && ahead.parse::<Ident>().is_ok()
        && ahead.parse::<Token![:]>().is_ok();
    let mut declared = ahead.cursor().token_stream().into_iter();
    is_typed && declared.any(|token| token.to_string() == "BrkHeap")
}

/// Reports and skips `= expression`.
fn initializer(input: ParseStream, name: &Ident, declared: &[TokenTree], sink: &mut Sink) {
    if !input.peek(Token![=]) {
        return;
    }
    let initializer = take_while(input, |input| !input.peek(Token![;]));
    let mistake = error("a heap static takes no initializer; `#[brk_heap]` supplies it");
    let declared = if declared.is_empty() { "BrkHeap".to_owned() } else { text(declared) };
    sink.push(
        mistake
            .help(format!("end the item after its type: `static {name}: {declared};`"))
            .at(initializer.into_iter().collect::<TokenStream>()),
    );
}

/// Reports an item that is not a static, and returns the tokens to emit in its place.
fn other_item(input: ParseStream, item: TokenStream, sink: &mut Sink) -> TokenStream {
    let Some(first) = peek(input) else { return item };
    if input.peek(Token![let]) {
        return item;
    }
    let otherwise = if input.peek2(Token![!]) { "call" } else { "other" };
    let (kind, keyword) = kind(input).unwrap_or((otherwise, first));
    let behind = input.cursor().token_stream().into_iter().nth(1);
    let name = match behind {
        Some(TokenTree::Ident(name)) if kind == "const" => name.to_string(),
        _ => "HEAP".to_owned(),
    };
    sink.push(
        error(format!("`#[brk_heap]` belongs on a `static`, not on {}", article(kind)))
            .help(format!("write `static {name}: BrkHeap;` under the attribute"))
            .at(keyword),
    );
    if is_incomplete(kind, &item) { TokenStream::new() } else { item }
}

/// Returns the kind of item, and the keyword that shows it.
fn kind(input: ParseStream) -> Option<(&'static str, TokenTree)> {
    const KINDS: [&str; 10] =
        ["fn", "struct", "enum", "union", "trait", "type", "mod", "impl", "use", "macro_rules"];
    const MODIFIERS: [&str; 7] = ["const", "async", "unsafe", "extern", "safe", "default", "auto"];
    let mut modifier = None;
    for token in input.cursor().token_stream() {
        let word = token.to_string();
        let find = |kinds: &[&'static str]| kinds.iter().copied().find(|kind| *kind == word);
        if let Some(kind) = find(&KINDS) {
            return Some((kind, token));
        }
        match &token {
            TokenTree::Literal(_) => {}
            TokenTree::Ident(_) if find(&MODIFIERS).is_some() => {
                let kind = find(&["const", "extern"]);
                modifier = modifier.or(kind.map(|kind| (kind, token)));
            }
            _ => break,
        }
    }
    modifier
}

fn article(kind: &str) -> String {
    match kind {
        "other" => "this item".to_owned(),
        "call" => "a macro call".to_owned(),
        "enum" | "impl" | "extern" => format!("an `{kind}` item"),
        _ => format!("a `{kind}` item"),
    }
}

/// Whether rustc would report a missing body, which it accepts only below an attribute.
fn is_incomplete(kind: &str, stream: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    let has_value = tokens.iter().any(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == '='));
    let has_body = matches!(
        tokens.last(),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace
    );
    match kind {
        "fn" => !has_body,
        "const" | "type" => !has_value,
        _ => false,
    }
}
