//! Names of the runtime, as the expansion writes them: `::brkalloc::__private::Brk`.
//!
//! Each name has two places: the path says where a missing item is reported, the name where one
//! that does not fit is.

use crate::args::Args;
use crate::settings::{self, Choice};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// Where the runtime is found: where the user says, else under its own name.
pub(crate) struct Runtime<'a> {
    pub(crate) written: Option<&'a TokenStream>,
    /// Where a missing item is reported: at the user's path, else at the attribute.
    pub(crate) span: Span,
}

impl<'a> Runtime<'a> {
    pub(crate) fn new(args: &'a Args) -> Self {
        let written = settings::runtime(args);
        let at_path = |path| start_of(path).resolved_at(Span::call_site());
        Self { written, span: written.map_or_else(Span::call_site, at_path) }
    }

    /// The path of the crate. One that was written keeps its place; another stands at one place
    /// wherever it is used, so that a crate that is not there is one error.
    pub(crate) fn path(&self) -> TokenStream {
        self.written.cloned().unwrap_or_else(|| quote_spanned!(self.span=> ::brkalloc))
    }

    /// The runtime's `name`, reported at `span` if it does not fit there.
    pub(crate) fn item(&self, name: &str, span: Span) -> TokenStream {
        let path = self.path();
        let private = quote_spanned!(self.span=> ::__private::);
        let name = Ident::new(name, span);
        quote!(#path #private #name)
    }

    /// The type of every heap.
    pub(crate) fn heap(&self) -> TokenStream {
        let path = self.path();
        quote_spanned!(self.span=> #path::BrkHeap)
    }

    /// The type that was chosen, reported where it was written.
    pub(crate) fn chosen(&self, choice: Choice) -> TokenStream {
        self.item(choice.item, choice.span)
    }

    /// A size as a `usize` of the target.
    pub(crate) fn bytes(&self, size: &impl ToTokens) -> TokenStream {
        let bytes = self.item("bytes", self.span);
        quote!(#bytes(#size))
    }
}

/// `size` as a literal that needs no type from its surroundings. It is the macro's own, wherever it
/// stands, so that no lint reads the user's `"64KiB"` as our number.
pub(crate) fn number(size: u64, span: Span) -> Literal {
    let mut literal = Literal::u64_suffixed(size);
    literal.set_span(span.resolved_at(Span::call_site()));
    literal
}

/// Where `tokens` begin.
pub(crate) fn start_of(tokens: &TokenStream) -> Span {
    tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}
