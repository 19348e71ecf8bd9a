//! Builds and places messages: one error, the help that fixes it, and a note with the reason.
//!
//! ```text
//! error: unknown option `arean`           the mistake
//!        help: did you mean `arena`?      the fix
//!        note: …                          the reason
//! ```
//!
//! rustc aligns the second and third line under the first. A [`Diagnostic`] has no place until
//! [`Diagnostic::at`] gives it one; a [`Sink`] collects all of them, so one build reports every
//! mistake.
//!
//! Nothing here knows an option: callers bring the words.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

/// One mistake, worded but not yet placed.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    text: String,
}

/// Begins a diagnostic with its error line.
pub(crate) fn error(message: impl Into<String>) -> Diagnostic {
    Diagnostic { text: message.into() }
}

impl Diagnostic {
    /// Adds the fix.
    #[must_use]
    pub(crate) fn help(self, line: impl AsRef<str>) -> Self {
        self.line("help", line.as_ref())
    }

    /// Adds the reason.
    #[must_use]
    pub(crate) fn note(self, line: impl AsRef<str>) -> Self {
        self.line("note", line.as_ref())
    }

    /// Places the diagnostic under `tokens`, from the first to the last of them.
    #[must_use]
    pub(crate) fn at(self, tokens: impl ToTokens) -> Mistake {
        let mut spans = tokens.into_token_stream().into_iter().map(|token| token.span());
        let start = spans.next().unwrap_or_else(Span::call_site);
        Mistake { text: self.text, start, end: spans.last().unwrap_or(start) }
    }

    fn line(mut self, kind: &str, line: &str) -> Self {
        self.text.push('\n');
        self.text.push_str(kind);
        self.text.push_str(": ");
        self.text.push_str(line);
        self
    }
}

/// One mistake, and its place.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// All its lines.
    pub(crate) text: String,
    /// The first token to underline.
    pub(crate) start: Span,
    /// The last token to underline.
    pub(crate) end: Span,
}

impl ToTokens for Mistake {
    /// Writes an item that rustc underlines from the first token to the last: the path's span sets
    /// the beginning, and the span of the braces the end.
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let text = &self.text;
        let mut braces = Group::new(Delimiter::Brace, quote_spanned!(self.end=> #text));
        braces.set_span(self.end);
        tokens.extend(quote_spanned!(self.start=> ::core::compile_error!));
        tokens.extend([TokenTree::Group(braces)]);
    }
}

/// Every mistake of one attribute and its item, in the order in which they were found.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    mistakes: Vec<Mistake>,
}

impl Sink {
    /// Adds a mistake.
    pub(crate) fn push(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    /// Whether there is no mistake so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// Returns every mistake.
    pub(crate) fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

/// Lists `words` as prose: `` `a`, `b`, or `c` ``.
pub(crate) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, second] => format!("{first} or {second}"),
        [init @ .., last] => format!("{}, or {last}", init.join(", ")),
    }
}
