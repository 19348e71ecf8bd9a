//! The item under the attribute: a static without an initializer, recovered if it is anything else.
//!
//! ```text
//! #[global_allocator] pub static mut HEAP : BrkHeap = BrkHeap::new() ;
//! attributes          ^vis       ^  name    type    ^ reported and skipped
//!                                ^ reported and skipped
//! ```
//!
//! What rustc refuses by itself (generics, `_` as a name, no type) draws no second error here.

use crate::diag::{Sink, error};
use crate::tokens::{AngleDepth, Tokens, text};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// The static that becomes a heap.
#[derive(Debug)]
pub(crate) struct HeapStatic {
    /// Every attribute but another `#[brk_heap]`.
    pub(crate) attributes: TokenStream,
    /// `pub`, `pub(…)` or nothing.
    pub(crate) visibility: TokenStream,
    /// The keyword `static`.
    pub(crate) keyword: Ident,
    /// The static's name, which its configuration shares.
    pub(crate) name: Ident,
    /// Whether uses of the static draw a warning.
    pub(crate) is_deprecated: bool,
    /// The type as the user wrote it.
    pub(crate) declared: TokenStream,
}

impl HeapStatic {
    /// Reads the item and reports what does not belong there.
    ///
    /// # Errors
    ///
    /// If there is no `static NAME` at all: what to emit in place of the item. That is the item
    /// itself, or nothing where rustc would complain about its missing body.
    pub(crate) fn parse(stream: TokenStream, sink: &mut Sink) -> Result<Self, TokenStream> {
        let mut tokens = Tokens::new(stream.clone());
        let Attributes { kept: attributes, is_deprecated } = Attributes::take(&mut tokens, sink);
        let visibility = visibility(&mut tokens);
        if tokens.is_word(1, "static") && (tokens.is_word(0, "unsafe") || tokens.is_word(0, "safe"))
        {
            let qualifier = tokens.next();
            let text = qualifier.as_ref().map(ToString::to_string).unwrap_or_default();
            let mistake = error(format!("a heap static must not be `{text}`"));
            sink.push(mistake.help(format!("remove `{text}`")).at(qualifier));
        }
        let is_constant = is_constant_heap(&tokens);
        let Some(keyword) =
            tokens.ident(0).filter(|word| is_constant || *word == "static").cloned()
        else {
            return Err(other_item(&tokens, stream, sink));
        };
        if is_constant {
            // A static all the same, so that what uses it draws no error of its own.
            other_item(&tokens, TokenStream::new(), sink);
        }
        let keyword = Ident::new("static", keyword.span());
        tokens.next();
        let is_mutable = tokens.is_word(0, "mut");
        if let (true, Some(mutable)) = (is_mutable, tokens.peek(0).cloned()) {
            let mistake = error("a heap static must not be `mut`");
            sink.push(mistake.help("remove `mut`; the heap locks itself").at(mutable));
            tokens.next();
        }
        let Some(name) = tokens.ident(0).filter(|name| *name != "_").cloned() else {
            return Err(TokenStream::new());
        };
        tokens.next();
        let declared = declared(&mut tokens);
        if !is_constant {
            initializer(&mut tokens, &name, &declared, sink);
        }
        let declared = declared.into_iter().collect();
        Ok(Self { attributes, visibility, keyword, name, is_deprecated, declared })
    }
}

/// Whether `const NAME: BrkHeap` begins here, in whatever way the type is written.
fn is_constant_heap(tokens: &Tokens) -> bool {
    let is_named = tokens.is_word(0, "const") && tokens.ident(1).is_some_and(|name| name != "_");
    let is_type = |token: &TokenTree| token.to_string() == "BrkHeap";
    let mut declared = (3..).map_while(|ahead| tokens.peek(ahead));
    is_named && tokens.is_punct(2, ':') && declared.any(is_type)
}

/// The attributes of an item.
#[derive(Default)]
struct Attributes {
    kept: TokenStream,
    is_deprecated: bool,
}

impl Attributes {
    /// Takes the attributes, reports another `#[brk_heap]`, and keeps all others.
    fn take(tokens: &mut Tokens, sink: &mut Sink) -> Self {
        let mut attributes = Self::default();
        while tokens.is_punct(0, '#') {
            let Some(group) = tokens.group(1, Delimiter::Bracket) else { break };
            let name = last_segment(group.stream());
            let attribute: TokenStream = tokens.next().into_iter().chain(tokens.next()).collect();
            if name == "brk_heap" {
                let twice = error("`#[brk_heap]` is applied twice to the same static");
                sink.push(twice.help("remove one of the two attributes").at(attribute));
            } else {
                attributes.is_deprecated |= name == "deprecated";
                attributes.kept.extend(attribute);
            }
        }
        attributes
    }
}

/// The last word of an attribute's path.
fn last_segment(attribute: TokenStream) -> String {
    Tokens::new(attribute).path().last().map(ToString::to_string).unwrap_or_default()
}

fn visibility(tokens: &mut Tokens) -> TokenStream {
    let mut visibility = TokenStream::new();
    if tokens.is_word(0, "pub") {
        visibility.extend(tokens.next());
        if tokens.group(0, Delimiter::Parenthesis).is_some() {
            visibility.extend(tokens.next());
        }
    }
    visibility
}

/// Takes the type between `:` and `=` or `;`. The `=` in `Trait<Item = u8>` ends nothing.
fn declared(tokens: &mut Tokens) -> Vec<TokenTree> {
    if !tokens.is_punct(0, ':') {
        return Vec::new();
    }
    tokens.next();
    let mut depth = AngleDepth::default();
    let mut declared = Vec::new();
    let mut open = 0;
    while let Some(token) = tokens.peek(0).cloned() {
        if tokens.is_punct(0, ';') || tokens.is_punct(0, '=') && open == 0 {
            break;
        }
        tokens.next();
        open = depth.after(&token);
        declared.push(token);
    }
    declared
}

/// Reports and skips `= expression`.
fn initializer(tokens: &mut Tokens, name: &Ident, declared: &[TokenTree], sink: &mut Sink) {
    if !tokens.is_punct(0, '=') {
        return;
    }
    let initializer = tokens.take_while(|tokens| !tokens.is_punct(0, ';'));
    let mistake = error("a heap static takes no initializer; `#[brk_heap]` supplies it");
    let declared = if declared.is_empty() { "BrkHeap".to_owned() } else { text(declared) };
    sink.push(
        mistake
            .help(format!("end the item after its type: `static {name}: {declared};`"))
            .at(initializer.into_iter().collect::<TokenStream>()),
    );
}

/// Reports an item that is no static and tells what to emit in its place.
fn other_item(tokens: &Tokens, stream: TokenStream, sink: &mut Sink) -> TokenStream {
    let Some(first) = tokens.peek(0).cloned() else { return stream };
    if tokens.is_word(0, "let") {
        return stream;
    }
    let is_call = tokens.is_punct(1, '!');
    let otherwise = if is_call { "call" } else { "other" };
    let (kind, keyword) = kind(tokens).unwrap_or((otherwise, first));
    let name = match tokens.ident(1) {
        Some(name) if kind == "const" => name.to_string(),
        _ => "HEAP".to_owned(),
    };
    sink.push(
        error(format!("`#[brk_heap]` belongs on a `static`, not on {}", article(kind)))
            .help(format!("write `static {name}: BrkHeap;` under the attribute"))
            .at(keyword),
    );
    if is_incomplete(kind, &stream) { TokenStream::new() } else { stream }
}

/// The kind of item, and the keyword that tells it.
fn kind(tokens: &Tokens) -> Option<(&'static str, TokenTree)> {
    const KINDS: [&str; 10] =
        ["fn", "struct", "enum", "union", "trait", "type", "mod", "impl", "use", "macro_rules"];
    const MODIFIERS: [&str; 7] = ["const", "async", "unsafe", "extern", "safe", "default", "auto"];
    let is_kind = |place, kinds: &[&'static str]| {
        let found = tokens.ident(place)?;
        kinds.iter().copied().find(|kind| found == kind)
    };
    let mut place = 0;
    while is_kind(place, &MODIFIERS).is_some()
        || matches!(tokens.peek(place), Some(TokenTree::Literal(_)))
    {
        place += 1;
    }
    if let Some(kind) = is_kind(place, &KINDS) {
        return Some((kind, tokens.peek(place).cloned()?));
    }
    let place = (0..place).find(|place| is_kind(*place, &["const", "extern"]).is_some())?;
    Some((is_kind(place, &["const", "extern"])?, tokens.peek(place).cloned()?))
}

fn article(kind: &str) -> String {
    match kind {
        "other" => "this item".to_owned(),
        "call" => "a macro call".to_owned(),
        "enum" | "impl" | "extern" => format!("an `{kind}` item"),
        _ => format!("a `{kind}` item"),
    }
}

/// Whether rustc would miss the body of an item that it has let through to the attribute.
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
