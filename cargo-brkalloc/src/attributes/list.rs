//! The list of attributes, each with its heap.

use super::system::Global;
use crate::replay::Serve;
use brkalloc::{BrkHeap, Configuration, brk_heap};

/// The name of the system's allocator in this list.
pub const SYSTEM: &str = "the system's malloc";
/// The name of a heap that does nothing, whose time is the replay's own.
pub const IDLE: &str = "nothing";

/// One attribute, and its heap.
#[derive(Clone, Copy)]
pub struct Attribute {
    /// The options, as they stand between the parentheses.
    pub options: &'static str,
    /// The resolved options.
    pub configuration: &'static Configuration,
    /// The heap of this process.
    pub heap: fn() -> &'static (dyn Serve + Sync),
    /// The figures of the walk: the arena's high water, and bytes in mappings, at this moment.
    pub high_water: fn() -> usize,
}

impl core::fmt::Debug for Attribute {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Attribute").field(&self.options).finish()
    }
}

impl Attribute {
    /// Returns the attribute as it is pasted.
    #[must_use]
    pub fn text(&self) -> String {
        if self.options.is_empty() {
            "#[brk_heap]".to_owned()
        } else {
            format!("#[brk_heap({})]", self.options)
        }
    }

    /// Returns the attributes that have one word more than this, each with that word.
    #[must_use]
    pub fn with_one_word_more(&self) -> Vec<(&'static str, Attribute)> {
        let rest = |options: &'static str| {
            let rest = options.strip_prefix(self.options)?;
            let rest = rest.strip_prefix(", ").or(self.options.is_empty().then_some(rest))?;
            WORDS.contains(&rest).then_some(rest)
        };
        let more = list().into_iter().filter_map(|other| Some((rest(other.options)?, other)));
        more.collect()
    }

    /// Returns the nearest attribute that has been measured with one word more: itself, if it has, or the one whose
    /// word more it is.
    #[must_use]
    pub fn nearest_with_words(&self) -> Attribute {
        if !self.with_one_word_more().is_empty() {
            return *self;
        }
        let has = |other: &Attribute| {
            let more = other.with_one_word_more();
            more.iter().any(|(_, more)| more.options == self.options)
        };
        if let Some(without) = list().into_iter().find(has) {
            return without;
        }
        let near = if self.configuration.cache.is_some() { "" } else { "policy = \"best_fit\"" };
        find(near).unwrap_or(*self)
    }

    /// Whether it is one of the attributes among which the search begins.
    #[must_use]
    pub fn is_base(&self) -> bool {
        !WORDS.iter().any(|word| self.options.ends_with(word)) || self.options.starts_with("preset")
    }
}

/// Words that are tried behind the best attribute.
const WORDS: [&str; 4] =
    ["large = \"1MiB\"", "trim = \"128KiB\"", "harden = \"none\"", "harden = \"full\""];

macro_rules! attributes {
    ($([$($options:tt)*])+) => {
        vec![$({
            #[brk_heap($($options)*)]
            static HEAP: BrkHeap;
            static SERVED: Global<&BrkHeap<HEAP>> = Global(&HEAP);
            Attribute {
                options: options(stringify!($($options)*)),
                configuration: HEAP.config(),
                heap: || &SERVED,
                high_water: || HEAP.stats().high_water,
            }
        }),+]
    };
}

/// `stringify` sets spaces as it likes only around other tokens than these.
const fn options(text: &'static str) -> &'static str {
    text
}

/// A base, alone and with each word more.
macro_rules! with_words {
    ($($options:tt)*) => {
        attributes! {
            [$($options)*]
            [$($options)*, large = "1MiB"]
            [$($options)*, trim = "128KiB"]
            [$($options)*, harden = "none"]
            [$($options)*, harden = "full"]
        }
    };
}

/// Returns every attribute that may be recommended.
#[must_use]
#[inline(never)]
pub fn list() -> Vec<Attribute> {
    let mut all = attributes! {
        []
        [large = "1MiB"]
        [trim = "128KiB"]
        [harden = "none"]
        [harden = "full"]
        [cache = "64KiB"]
        [cache = "256KiB"]
        [preset = "fast"]
        [preset = "lean"]
        [policy = "best_fit", cache = "1MiB"]
        [policy = "first_fit", cache = "64KiB"]
        [policy = "first_fit", order = "fifo"]
        [policy = "best_fit", order = "fifo"]
        [policy = "segregated_fit", order = "address"]
    };
    all.extend(with_words!(policy = "best_fit", cache = "64KiB"));
    all.extend(with_words!(policy = "best_fit"));
    all.extend(with_words!(policy = "first_fit"));
    all.extend(with_words!(policy = "segregated_fit"));
    all
}

/// Returns the attribute of these options.
#[must_use]
pub fn find(options: &str) -> Option<Attribute> {
    list().into_iter().find(|attribute| attribute.options == options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_measured_on_the_attribute_to_which_they_are_added() {
        let nearest =
            |options| find(options).expect("it is in the list").nearest_with_words().options;
        assert_eq!(nearest(""), "");
        assert_eq!(nearest("harden = \"full\""), "");
        assert_eq!(nearest("preset = \"lean\""), "");
        assert_eq!(nearest("policy = \"segregated_fit\""), "policy = \"segregated_fit\"");
        assert_eq!(
            nearest("policy = \"segregated_fit\", large = \"1MiB\""),
            "policy = \"segregated_fit\""
        );
        assert_eq!(nearest("policy = \"best_fit\", order = \"fifo\""), "policy = \"best_fit\"");
    }
}
