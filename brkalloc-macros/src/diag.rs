//! What a mistake says: one error, the help that repairs it, the note behind it.
//!
//! ```text
//! error: unknown option `arean`           what is wrong
//!        help: did you mean `arena`?      what to write
//!        note: …                          the background
//! ```
//!
//! rustc lines up the second and third line under the first. A [`Diagnostic`] is worded without a
//! place and gets one with [`Diagnostic::at`]; a [`Sink`] keeps all of them, so that one build
//! reports every mistake. The last part of the module guesses the name that was meant.
//!
//! Nothing here knows an option: the words come from those who report.

use core::mem;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

/// One mistake, worded but not yet placed.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    text: String,
}

/// Begins a diagnostic with what is wrong.
pub(crate) fn error(message: impl Into<String>) -> Diagnostic {
    Diagnostic { text: message.into() }
}

impl Diagnostic {
    /// Adds what to write instead.
    #[must_use]
    pub(crate) fn help(self, line: impl AsRef<str>) -> Self {
        self.line("help", line.as_ref())
    }

    /// Adds the background.
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

/// One mistake, and where it stands.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// All its lines.
    pub(crate) text: String,
    /// The first token that it is about.
    pub(crate) start: Span,
    /// The last one.
    pub(crate) end: Span,
}

impl ToTokens for Mistake {
    /// Writes an item that rustc reports from the first token to the last: it takes the path's place
    /// for the beginning, and that of the braces for the end.
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
    /// Keeps one more mistake.
    pub(crate) fn push(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// All of them.
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

/// The candidate that `written` most likely means, if one is near enough.
///
/// Case, `-`, `_` and spaces do not count. One mistake is allowed, and one more per five
/// characters. Of equally near candidates the first is taken.
pub(crate) fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = plain(written);
    let allowed = 1 + written.chars().count() / 5;
    candidates
        .into_iter()
        .map(|candidate| (distance(&written, &plain(candidate)), candidate))
        .filter(|(mistakes, _)| *mistakes <= allowed)
        .min_by_key(|(mistakes, _)| *mistakes)
        .map(|(_, candidate)| candidate)
}

/// Whether the two differ in nothing but case, `-`, `_` and spaces.
pub(crate) fn is_same(left: &str, right: &str) -> bool {
    plain(left) == plain(right)
}

/// Whether `word` is one of `words`, which spaces part.
pub(crate) fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|other| is_same(other, word))
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

/// The optimal string alignment distance: insertions, removals, replacements, and swaps of
/// neighbors, each counted once.
fn distance(source: &str, target: &str) -> usize {
    let source: Vec<char> = source.chars().collect();
    let target: Vec<char> = target.chars().collect();
    // Row i holds the distances between the first i characters of `source` and every prefix of
    // `target`. A swap looks two rows back.
    let mut before: Vec<usize> = vec![0; target.len() + 1];
    let mut above: Vec<usize> = (0..=target.len()).collect();
    for i in 1..=source.len() {
        let mut row = vec![i; target.len() + 1];
        for j in 1..=target.len() {
            let replaced = above[j - 1] + usize::from(source[i - 1] != target[j - 1]);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            let is_swapped =
                1 < i && 1 < j && source[i - 1] == target[j - 2] && source[i - 2] == target[j - 1];
            if is_swapped {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = mem::replace(&mut above, row);
    }
    above[target.len()]
}
