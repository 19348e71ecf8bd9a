//! The shape of an option: its name, the kind of its values, and how messages write them.
//!
//! The options themselves are rows of the table in the room above.

use crate::diag::{Diagnostic, error, one_of};
use crate::spelling::{is_one_of, is_same, nearest};

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One of its words, as a string.
    Word,
    /// A size, or one of its words if it has any.
    Size {
        /// What to write where zero was written.
        instead_of_zero: &'static str,
    },
    /// One of its words as a string, or the path of a type.
    WordOrPath,
    /// The path of a module.
    Path,
}

/// One value that an option takes as a string.
#[derive(Debug)]
pub(crate) struct Word {
    /// As the user writes it.
    pub(crate) text: &'static str,
    /// The type or variant of the runtime that it stands for; empty where it stands for a number.
    pub(crate) item: &'static str,
    /// What users of other allocators may write for it.
    pub(crate) aliases: &'static str,
    /// Whether the user must write it in `unsafe(…)`.
    pub(crate) is_unsafe: bool,
}

/// One option of `#[brk_heap]`.
#[derive(Debug)]
pub(crate) struct HeapOption {
    /// As the user writes it.
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) kind: Kind,
    /// The strings it takes, sizes apart.
    pub(crate) words: &'static [Word],
    /// A sound value, as the user writes it.
    pub(crate) example: &'static str,
    /// What holds when it is left out, for the documentation.
    pub(crate) default: &'static str,
    /// What it chooses, for the documentation.
    #[cfg_attr(not(test), expect(dead_code, reason = "the documentation is compared in a test"))]
    pub(crate) meaning: &'static str,
    /// What users of other allocators may call it.
    pub(crate) aliases: &'static str,
}

impl HeapOption {
    /// The word called exactly `text`.
    pub(crate) fn word(&self, text: &str) -> Option<&'static Word> {
        self.words.iter().find(|word| word.text == text)
    }

    /// The word that `text` most likely means.
    pub(crate) fn meant(&self, text: &str) -> Option<&'static Word> {
        let has_alias = |word: &&Word| is_one_of(word.aliases, text);
        let near = || nearest(text, self.words.iter().map(|word| word.text));
        self.words
            .iter()
            .find(|word| is_same(word.text, text))
            .or_else(|| self.words.iter().find(has_alias))
            .or_else(|| near().and_then(|near| self.word(near)))
    }

    /// The option with one of its words, as the user writes it.
    pub(crate) fn written_with(&self, word: &Word) -> String {
        let written = format!("{} = \"{}\"", self.name, word.text);
        if word.is_unsafe { format!("unsafe({written})") } else { written }
    }

    /// The option with a sound value, as the user writes it.
    pub(crate) fn written_as_example(&self) -> String {
        format!("{} = {}", self.name, self.example)
    }

    /// Sizes that the option takes, as prose.
    pub(crate) fn example_sizes(&self) -> String {
        let words = self.words.iter().map(|word| format!(", or write `\"{}\"`", word.text));
        [format!("`{}`", self.example)].into_iter().chain(words).collect()
    }

    /// The complaint about a value that is no string, number or path where one belongs.
    pub(crate) fn wrong_kind(&self, found: &str) -> Diagnostic {
        let kind = match (self.kind, self.words) {
            (Kind::Word, _) => "a string".to_owned(),
            (Kind::Size { .. }, []) => "a size".to_owned(),
            (Kind::Size { .. }, [word, ..]) => format!("a size or `\"{}\"`", word.text),
            (Kind::WordOrPath, _) => "a string or a path".to_owned(),
            (Kind::Path, _) => "a path".to_owned(),
        };
        error(format!("`{}` takes {kind}, found `{found}`", self.name))
    }

    /// What to write where a value is of the wrong kind and means nothing.
    pub(crate) fn right_kind(&self) -> String {
        let example = self.written_as_example();
        match (self.kind, self.words) {
            (Kind::Word, _) => format!("write a string such as `{example}`"),
            (Kind::Size { .. }, []) => {
                format!("write a string such as `{example}`, or a number of bytes")
            }
            (Kind::Size { .. }, [word, ..]) => {
                let word = word.text;
                format!("write a string such as `{example}`, a number of bytes, or `\"{word}\"`")
            }
            (Kind::WordOrPath, _) => {
                format!("write `{example}`, or the path of a `lock_api::RawMutex`")
            }
            (Kind::Path, _) => format!("write `{example}`"),
        }
    }

    /// The option's words, as prose.
    pub(crate) fn values(&self) -> String {
        let mut values = one_of(self.words.iter().map(|word| word.text));
        if self.kind == Kind::WordOrPath {
            values.push_str("; a path is written without quotes");
        }
        values
    }
}
