//! Names of the runtime, as the expansion writes them: `::brkalloc::__private::Brk`.
//!
//! Each name has two spans: rustc reports a missing item at the path, and an item of the wrong type
//! at the name.

use crate::args::Args;
use crate::settings::{self, Choice};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// The path of the runtime: the one that the user wrote, else `::brkalloc`.
pub(crate) struct Runtime<'a> {
    pub(crate) written: Option<&'a TokenStream>,
    /// The place where rustc reports a missing item: the user's path, else the attribute.
    pub(crate) span: Span,
}

impl<'a> Runtime<'a> {
    pub(crate) fn new(args: &'a Args) -> Self {
        let written = settings::runtime(args);
        let at_path = |path| start_of(path).resolved_at(Span::call_site());
        Self { written, span: written.map_or_else(Span::call_site, at_path) }
    }

    /// Returns the path of the crate. The user's own path keeps its place; the default path has the
    /// same place everywhere, so that rustc reports a missing crate once.
    pub(crate) fn path(&self) -> TokenStream {
        self.written.cloned().unwrap_or_else(|| quote_spanned!(self.span=> ::brkalloc))
    }

    /// Names the runtime's `name`; rustc reports a wrong type at `span`.
    pub(crate) fn item(&self, name: &str, span: Span) -> TokenStream {
        let path = self.path();
        let private = quote_spanned!(self.span=> ::__private::);
        let name = Ident::new(name, span);
        quote!(#path #private #name)
    }

    /// Names the type of every heap.
    pub(crate) fn heap(&self) -> TokenStream {
        let path = self.path();
        quote_spanned!(self.span=> #path::BrkHeap)
    }

    /// Names the selected type, at the place of the word that selects it.
    pub(crate) fn chosen(&self, choice: Choice) -> TokenStream {
        self.item(choice.item, choice.span)
    }

    /// Converts a size to a `usize` of the target.
    pub(crate) fn bytes(&self, size: &impl ToTokens) -> TokenStream {
        let bytes = self.item("bytes", self.span);
        quote!(#bytes(#size))
    }
}

/// Writes `size` as a literal with a suffix, so that it needs no type inference. It always counts
/// as the macro's own, so no lint takes the user's `"64KiB"` for this number.
pub(crate) fn number(size: u64, span: Span) -> Literal {
    let mut literal = Literal::u64_suffixed(size);
    literal.set_span(span.resolved_at(Span::call_site()));
    literal
}

/// Returns the place of the first token.
pub(crate) fn start_of(tokens: &TokenStream) -> Span {
    tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}
