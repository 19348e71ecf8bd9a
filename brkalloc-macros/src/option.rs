//! The shape of an option: its name, the kind of its values, and how messages write them.
//!
//! The table of all options is in `options`, one module up.

use crate::diag::{Diagnostic, error, one_of};
use crate::spelling::{is_one_of, is_same, nearest};

/// The kind of values that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One of its words, as a string.
    Word,
    /// A size, or one of its words if it has any.
    Size {
        /// The least size that the runtime accepts, in bytes, so that no help advises a smaller one.
        least: u64,
        /// The help for a size of zero.
        instead_of_zero: &'static str,
    },
    /// One of its words as a string, or the path of a type.
    WordOrPath {
        /// The trait that the type implements.
        of: &'static str,
        /// Whether `BestFit` and `best` are a word without quotes, and no path.
        spells: bool,
    },
    /// The path of a module.
    Path,
    /// One of its words, or any other string.
    Text,
}

/// One value that an option takes as a string.
#[derive(Debug)]
pub(crate) struct Word {
    /// The word, as the user writes it.
    pub(crate) text: &'static str,
    /// The type or variant of the runtime that the word selects; empty if it selects a number.
    pub(crate) item: &'static str,
    /// Other spellings, which users of other allocators may write.
    pub(crate) aliases: &'static str,
    /// Whether the user must write it in `unsafe(…)`.
    pub(crate) is_unsafe: bool,
}

/// One option of `#[brk_heap]`.
#[derive(Debug)]
pub(crate) struct HeapOption {
    /// The name, as the user writes it.
    pub(crate) name: &'static str,
    /// The kind of its values.
    pub(crate) kind: Kind,
    /// The strings that it takes, besides sizes.
    pub(crate) words: &'static [Word],
    /// A valid value, as the user writes it.
    pub(crate) example: &'static str,
    /// The default, for the documentation.
    pub(crate) default: &'static str,
    /// The effect, for the documentation.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares the documentation with it"))]
    pub(crate) meaning: &'static str,
    /// Other names, which users of other allocators may write.
    pub(crate) aliases: &'static str,
}

impl HeapOption {
    /// Returns the word spelled exactly `text`.
    pub(crate) fn word(&self, text: &str) -> Option<&'static Word> {
        self.words.iter().find(|word| word.text == text)
    }

    /// Guesses the word that `text` means.
    pub(crate) fn meant(&self, text: &str) -> Option<&'static Word> {
        let near = || nearest(text, self.words.iter().map(|word| word.text));
        self.spelled(text).or_else(|| near().and_then(|near| self.word(near)))
    }

    /// Returns the word that `text` spells in another way, or by an alias.
    pub(crate) fn spelled(&self, text: &str) -> Option<&'static Word> {
        let has_alias = |word: &&Word| is_one_of(word.aliases, text);
        self.words
            .iter()
            .find(|word| is_same(word.text, text))
            .or_else(|| self.words.iter().find(has_alias))
    }

    /// Writes the option with one of its words, as the user would.
    pub(crate) fn written_with(&self, word: &Word) -> String {
        let written = format!("{} = \"{}\"", self.name, word.text);
        if word.is_unsafe { format!("unsafe({written})") } else { written }
    }

    /// Writes the option with a valid value, as the user would.
    pub(crate) fn written_as_example(&self) -> String {
        format!("{} = {}", self.name, self.example)
    }

    /// Whether the runtime accepts so many bytes.
    pub(crate) fn accepts(&self, bytes: u64) -> bool {
        matches!(self.kind, Kind::Size { least, .. } if least <= bytes)
    }

    /// Reports a size of zero.
    pub(crate) fn zero(&self) -> Diagnostic {
        let zero = error(format!("`{}` must not be zero", self.name));
        match self.kind {
            Kind::Size { instead_of_zero, .. } => zero.help(instead_of_zero),
            _ => zero,
        }
    }

    /// Lists examples of the sizes that the option takes, as prose.
    pub(crate) fn example_sizes(&self) -> String {
        let words = self.words.iter().map(|word| format!(", or write `\"{}\"`", word.text));
        [format!("`{}`", self.example)].into_iter().chain(words).collect()
    }

    /// Reports a value that is not the string, number or path that the option takes.
    pub(crate) fn wrong_kind(&self, found: &str) -> Diagnostic {
        let kind = match (self.kind, self.words) {
            (Kind::Word | Kind::Text, _) => "a string".to_owned(),
            (Kind::Size { .. }, []) => "a size".to_owned(),
            (Kind::Size { .. }, [word, ..]) => format!("a size or `\"{}\"`", word.text),
            (Kind::WordOrPath { .. }, _) => "a string or a path".to_owned(),
            (Kind::Path, _) => "a path".to_owned(),
        };
        error(format!("`{}` takes {kind}, found `{found}`", self.name))
    }

    /// Words the help for a value of the wrong kind whose meaning nobody can guess.
    pub(crate) fn right_kind(&self) -> String {
        let example = self.written_as_example();
        match (self.kind, self.words) {
            (Kind::Word | Kind::Text, _) => format!("write a string such as `{example}`"),
            (Kind::Size { .. }, []) => {
                format!("write a string such as `{example}`, or a number of bytes")
            }
            (Kind::Size { .. }, [word, ..]) => {
                let word = word.text;
                format!("write a string such as `{example}`, a number of bytes, or `\"{word}\"`")
            }
            (Kind::WordOrPath { of, .. }, _) => {
                format!("write `{example}`, or the path of a `{of}`")
            }
            (Kind::Path, _) => format!("write `{example}`"),
        }
    }

    /// Lists the option's words, as prose.
    pub(crate) fn values(&self) -> String {
        let mut values = one_of(self.words.iter().map(|word| word.text));
        if matches!(self.kind, Kind::WordOrPath { .. }) {
            values.push_str("; a path is written without quotes");
        }
        values
    }
}
