//! The heap that the attribute describes: every option resolved, defaults fitted to what is
//! written.
//!
//! A default never conflicts: the arena is at most the limit, growth at most limit and trim, and
//! the index is one that serves the order. So rules need to look at written options only.
//!
//! What depends on the target (the largest limit, the lock) stays open here; the runtime settles
//! it.

use crate::args::{Args, Entry, Unsafety};
use crate::option::HeapOption;
use crate::options::{
    ARENA, CACHE, COALESCE, CRATE, EXPORT, GROW, HARDEN, INDEX, LARGE, LIMIT, LOCK, ORDER, POLICY,
    QUARANTINE, SOURCE, STATS, TRIM, ZERO,
};
use crate::size::show;
use crate::value::Value;
use proc_macro2::{Span, TokenStream};

const DEFAULT_ARENA: u64 = 64 << 10;
const DEFAULT_GROW: u64 = 64 << 10;
const DEFAULT_TRIM: u64 = 1 << 20;

/// The farthest that a chunk's offset reaches: 32 bits of 16-byte granules.
pub(crate) const WINDOW: u64 = 64 << 30;

/// Every option of one heap.
#[derive(Debug)]
pub(crate) struct Settings {
    /// What the arena is made of.
    pub(crate) source: Choice,
    /// Bytes committed at the first allocation.
    pub(crate) arena: u64,
    /// The least growth in bytes; 0 for a fixed arena.
    pub(crate) grow: u64,
    /// The most bytes of the arena; open where the target decides.
    pub(crate) limit: Option<u64>,
    /// Bytes of dirty top that are kept; none where pages never go back.
    pub(crate) trim: Option<u64>,
    /// Which chunk is taken, where a freed one stands, how either is found.
    pub(crate) index: Index,
    /// When neighbors merge.
    pub(crate) coalesce: Choice,
    /// The least request that gets a mapping of its own; none where no request does.
    pub(crate) large: Option<u64>,
    /// The most bytes that each thread keeps; none without a cache.
    pub(crate) cache: Option<u64>,
    /// How threads share the heap.
    pub(crate) lock: Lock,
    /// What is checked.
    pub(crate) harden: Choice,
    /// The most bytes of freed blocks that wait; none where nothing does.
    pub(crate) quarantine: Option<u64>,
    /// What is cleared.
    pub(crate) zero: Choice,
    /// What is counted.
    pub(crate) stats: Choice,
    /// Where the runtime is found, if that was written.
    pub(crate) runtime: Option<TokenStream>,
    /// What is defined for C.
    pub(crate) export: Choice,
}

/// A word that was chosen, by its name in the runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    /// The word.
    pub(crate) text: &'static str,
    /// The type or variant of the runtime.
    pub(crate) item: &'static str,
    /// Where it was written; the attribute itself for a default.
    pub(crate) span: Span,
}

/// How free chunks are kept.
#[derive(Debug)]
pub(crate) enum Index {
    /// By address in a tree.
    Tree { policy: Choice, order: Choice },
    /// In a list, in any order.
    List { policy: Choice, order: Choice },
    /// In a bin per class of sizes.
    Bins { bins: Choice, order: Choice },
}

/// How threads share the heap.
#[derive(Debug)]
pub(crate) enum Lock {
    /// Whatever suits the target.
    Default,
    /// One of the runtime's.
    Chosen(Choice),
    /// None, at the user's word: the entry holds the `unsafe` token.
    Unsafe(Choice, Unsafety),
    /// The user's own.
    Path(TokenStream),
}

impl Settings {
    /// Resolves the options of `args`.
    pub(crate) fn new(args: &Args) -> Self {
        let is_static = args.with_word(&SOURCE, "static").is_some();
        let is_fixed = is_static || args.with_word(&GROW, "none").is_some();
        let is_apart = args.with_word(&COALESCE, "never").is_some();
        let (arena, grow, limit) = (arena(args), grow(args), args.size(&LIMIT));
        let trim = args.size(&TRIM).unwrap_or(DEFAULT_TRIM.max(grow.saturating_mul(2)));
        let is_kept = args.with_word(&TRIM, "never").is_some() || limit.unwrap_or(WINDOW) <= trim;
        let keeps_pages = is_fixed || is_apart || is_kept;
        Self {
            source: choice(args, &SOURCE, "brk"),
            arena,
            grow: if is_fixed { 0 } else { grow },
            limit: if is_fixed { Some(arena) } else { limit },
            trim: if keeps_pages { None } else { Some(trim) },
            index: Index::new(args),
            coalesce: choice(args, &COALESCE, "immediate"),
            large: args.size(&LARGE),
            cache: args.size(&CACHE),
            lock: Lock::new(args),
            harden: choice(args, &HARDEN, "basic"),
            quarantine: args.size(&QUARANTINE),
            zero: choice(args, &ZERO, "none"),
            stats: choice(args, &STATS, "none"),
            runtime: runtime(args).cloned(),
            export: choice(args, &EXPORT, "none"),
        }
    }
}

impl Settings {
    /// Whether the arena is an array.
    pub(crate) fn is_static(&self) -> bool {
        self.source.text == "static"
    }

    /// The value of every option that has effect, as the documentation of the heap shows it.
    pub(crate) fn values(&self) -> Vec<(&'static HeapOption, String)> {
        let word = |choice: &Choice| Some(format!("`\"{}\"`", choice.text));
        let bytes = |size| Some(format!("`\"{}\"`", show(size)));
        let none = |word: &str| Some(format!("`\"{word}\"`"));
        let by_target = |option: &HeapOption| Some(option.default.to_owned());
        let is_static = self.is_static();
        let is_fixed = is_static || self.grow == 0;
        let is_full = self.limit == Some(self.arena);
        let (policy, order, index) = match &self.index {
            Index::Tree { policy, order } => (policy, order, none("tree")),
            Index::List { policy, order } => (policy, order, none("list")),
            Index::Bins { bins, order } => (bins, order, None),
        };
        let values = [
            (&SOURCE, word(&self.source)),
            (&ARENA, bytes(self.arena)),
            (
                &GROW,
                match self.grow {
                    _ if is_static || is_full && !is_fixed => None,
                    0 => none("none"),
                    grow => bytes(grow),
                },
            ),
            (&LIMIT, if is_fixed { None } else { self.limit.map_or(by_target(&LIMIT), bytes) }),
            (
                &TRIM,
                match self.trim {
                    _ if is_fixed || self.coalesce.text == "never" => None,
                    trim => trim.map_or(none("never"), bytes),
                },
            ),
            (&LARGE, if is_static { None } else { self.large.map_or(none("none"), bytes) }),
            (&POLICY, word(policy)),
            (&ORDER, word(order)),
            (&INDEX, index),
            (&COALESCE, word(&self.coalesce)),
            (&CACHE, if is_static { None } else { self.cache.map_or(none("none"), bytes) }),
            (
                &LOCK,
                match &self.lock {
                    Lock::Default => by_target(&LOCK),
                    Lock::Chosen(lock) | Lock::Unsafe(lock, _) => word(lock),
                    Lock::Path(path) => Some(format!("`{}`", compact(path))),
                },
            ),
            (&HARDEN, word(&self.harden)),
            (
                &QUARANTINE,
                match self.harden.text {
                    "full" => self.quarantine.map_or(none("none"), bytes),
                    _ => None,
                },
            ),
            (&ZERO, word(&self.zero)),
            (&STATS, word(&self.stats)),
            (&EXPORT, word(&self.export)),
            (&CRATE, self.runtime.as_ref().map(|path| format!("`{}`", compact(path)))),
        ];
        values.into_iter().filter_map(|(option, value)| Some((option, value?))).collect()
    }
}

/// A path as a person writes it, without spaces.
pub(crate) fn compact(path: &TokenStream) -> String {
    path.to_string().split_whitespace().collect()
}

impl Index {
    fn new(args: &Args) -> Self {
        let policy = choice(args, &POLICY, "first_fit");
        if args.with_word(&POLICY, "segregated_fit").is_some() {
            return Self::Bins { bins: policy, order: choice(args, &ORDER, "lifo") };
        }
        let is_by_address =
            args.get(&ORDER).is_none() || args.with_word(&ORDER, "address").is_some();
        let is_list = args.with_word(&INDEX, "list").is_some();
        if is_by_address && !is_list {
            Self::Tree { policy, order: choice(args, &ORDER, "address") }
        } else {
            Self::List { policy, order: choice(args, &ORDER, "address") }
        }
    }
}

impl Lock {
    fn new(args: &Args) -> Self {
        let Some(entry) = args.get(&LOCK) else { return Self::Default };
        match (&entry.value, &entry.unsafety) {
            (Value::Path(path), _) => Self::Path(path.clone()),
            (_, Some(unsafety)) => Self::Unsafe(choice(args, &LOCK, "none"), unsafety.clone()),
            _ => Self::Chosen(choice(args, &LOCK, "os")),
        }
    }
}

/// The arena's first size: as written, else the default as far as `limit` allows.
pub(crate) fn arena(args: &Args) -> u64 {
    let most = args.size(&LIMIT).unwrap_or(u64::MAX);
    args.size(&ARENA).unwrap_or(DEFAULT_ARENA.min(most))
}

/// The path of the runtime crate, if one was written.
pub(crate) fn runtime(args: &Args) -> Option<&TokenStream> {
    match &args.get(&CRATE)?.value {
        Value::Path(path) => Some(path),
        Value::Word(_) | Value::Size(_) => None,
    }
}

/// The least growth: as written, else the default as far as `limit` and `trim` allow.
fn grow(args: &Args) -> u64 {
    let most = args.size(&LIMIT).into_iter().chain(args.size(&TRIM)).min().unwrap_or(u64::MAX);
    args.size(&GROW).unwrap_or(DEFAULT_GROW.min(most))
}

/// The word written for `option`, else `default`.
fn choice(args: &Args, option: &HeapOption, default: &str) -> Choice {
    debug_assert!(option.word(default).is_some(), "`{}` has no `{default}`", option.name);
    let written = |entry: &Entry| match entry.value {
        Value::Word(word) => Some(Choice { text: word.text, item: word.item, span: entry.span() }),
        Value::Size(_) | Value::Path(_) => None,
    };
    let by_default = || {
        let (text, item) = option.word(default).map_or(("", ""), |word| (word.text, word.item));
        Choice { text, item, span: Span::call_site() }
    };
    args.get(option).and_then(written).unwrap_or_else(by_default)
}
