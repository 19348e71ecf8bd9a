//! Resolves every option of a heap, and adapts the defaults to the written options.
//!
//! A default never conflicts: the arena is at most the limit, growth is at most limit and trim, and
//! the index serves the order. So the rules need to look at written options only.
//!
//! The runtime, not this module, resolves what depends on the target: the largest limit and the
//! lock.

use crate::args::{Args, Entry, Unsafety};
use crate::option::HeapOption;
use crate::options::{
    ARENA, CACHE, CACHE_TOTAL, COALESCE, CRATE, EXPORT, GROW, HARDEN, INDEX, LARGE, LIMIT, LOCK,
    ORDER, PLACEMENT, POLICY, PRESET, QUARANTINE, RECORD, SOURCE, STATS, TRIM, ZERO,
};
use crate::size::show;
use crate::value::Value;
use proc_macro2::{Span, TokenStream};

const DEFAULT_ARENA: u64 = 64 << 10;
const DEFAULT_GROW: u64 = 64 << 10;
const DEFAULT_TRIM: u64 = 1 << 20;
const DEFAULT_CACHE: u64 = 1 << 20;

/// How many caches of the default size `limit` has room for, at least.
const CACHES_IN_LIMIT: u64 = 16;

/// How many caches all threads may have together, unless the attribute says so.
const CACHES_IN_TOTAL: u64 = 16;

/// The largest offset of a chunk, in bytes: 32 bits of 16-byte granules.
pub(crate) const WINDOW: u64 = 64 << 30;

/// Every option of one heap.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The preset that the user named.
    pub(crate) preset: Option<Choice>,
    /// Where the arena gets its memory.
    pub(crate) source: Choice,
    /// The user's own `unsafe` around the source.
    pub(crate) source_unsafety: Option<Unsafety>,
    /// Bytes committed at the first allocation; 0 if the program finds out at run time.
    pub(crate) arena: u64,
    /// The minimum growth step in bytes; 0 for a fixed arena.
    pub(crate) grow: u64,
    /// The maximum bytes of the arena; `None` if the target decides.
    pub(crate) limit: Option<u64>,
    /// The trim threshold in bytes; `None` if pages never return to the system.
    pub(crate) trim: Option<u64>,
    /// Policy, order and index of the free chunks.
    pub(crate) index: Index,
    /// When free neighbors merge.
    pub(crate) coalesce: Choice,
    /// The minimum bytes of a request that gets its own mapping; `None` if no request does.
    pub(crate) large: Option<u64>,
    /// The per-thread cache size in bytes; `None` without a cache.
    pub(crate) cache: Option<u64>,
    /// What all caches together may hold, if it was written.
    pub(crate) cache_total: Option<u64>,
    /// How threads share the heap.
    pub(crate) lock: Lock,
    /// How much the heap checks.
    pub(crate) harden: Choice,
    /// The maximum bytes of freed blocks in quarantine; `None` without a quarantine.
    pub(crate) quarantine: Option<u64>,
    /// Whether the heap clears freed memory.
    pub(crate) zero: Choice,
    /// Whether the heap counts its operations.
    pub(crate) stats: Choice,
    /// The path of the runtime, if it was written.
    pub(crate) runtime: Option<TokenStream>,
    /// Whether the heap defines the C allocation functions.
    pub(crate) export: Choice,
    /// Where the heap records its requests, and the place of that text.
    pub(crate) record: Option<(String, Span)>,
}

/// The selected word of an option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    /// The word.
    pub(crate) text: &'static str,
    /// The type or variant of the runtime that it selects.
    pub(crate) item: &'static str,
    /// The place of the word; the attribute itself for a default.
    pub(crate) span: Span,
}

/// The data structure of the free chunks.
#[derive(Debug)]
pub(crate) enum Index {
    /// A tree in address order.
    Tree { policy: Choice, order: Choice },
    /// A list in any order.
    List { policy: Choice, order: Choice },
    /// A list in any order, for a policy of the user's own, by its path.
    Own { policy: TokenStream, order: Choice },
    /// One bin per size class.
    Bins { bins: Choice, order: Choice },
}

/// How threads share the heap.
#[derive(Debug)]
pub(crate) enum Lock {
    /// The target's default.
    Default,
    /// One of the runtime's locks.
    Chosen(Choice),
    /// No lock; carries the user's own `unsafe`.
    Unsafe(Choice, Unsafety),
    /// A lock of the user's, by its path.
    Path(TokenStream),
}

impl Settings {
    /// Resolves the options of `args`.
    pub(crate) fn new(args: &Args) -> Self {
        let is_late = late(args).is_some();
        let is_fixed = given(args).is_some() || args.with_word(&GROW, "none").is_some();
        let is_apart = args.with_word(&COALESCE, "never").is_some();
        let (arena, grow, limit) = (arena(args), grow(args), args.size(&LIMIT));
        let trim = args.size(&TRIM).unwrap_or(DEFAULT_TRIM.max(grow.saturating_mul(2)));
        let is_kept = args.with_word(&TRIM, "never").is_some() || limit.unwrap_or(WINDOW) <= trim;
        let keeps_pages = is_fixed || is_apart || is_kept;
        Self {
            preset: args.get(&PRESET).map(|_| choice(args, &PRESET, "fast")),
            source: choice(args, &SOURCE, "brk"),
            source_unsafety: args.get(&SOURCE).and_then(|entry| entry.unsafety.clone()),
            arena: if is_late { 0 } else { arena },
            grow: if is_fixed { 0 } else { grow },
            limit: if is_fixed && !is_late { Some(arena) } else { limit },
            trim: if keeps_pages { None } else { Some(trim) },
            index: Index::new(args),
            coalesce: choice(args, &COALESCE, "immediate"),
            large: args.size(&LARGE),
            cache: cache(args),
            cache_total: args.size(&CACHE_TOTAL),
            lock: Lock::new(args),
            harden: choice(args, &HARDEN, "basic"),
            quarantine: args.size(&QUARANTINE),
            zero: choice(args, &ZERO, "none"),
            stats: choice(args, &STATS, "none"),
            runtime: runtime(args).cloned(),
            export: choice(args, &EXPORT, "none"),
            record: record(args),
        }
    }

    /// Returns the options of a heap whose attribute has a mistake: the defaults, without what could
    /// be a second error.
    pub(crate) fn after_mistakes() -> Self {
        Self { cache: None, cache_total: None, ..Self::new(&Args::default()) }
    }
}

impl Settings {
    /// What all threads together may cache, where each may cache so much.
    fn total(&self, cache: u64) -> u64 {
        let limit = self.limit.unwrap_or(WINDOW).max(cache);
        self.cache_total.unwrap_or(cache.saturating_mul(CACHES_IN_TOTAL).min(limit))
    }

    /// Whether the arena is a static array.
    pub(crate) fn is_static(&self) -> bool {
        self.source.text == "static"
    }

    /// Whether the arena is what the heap is given, which no system enlarges.
    pub(crate) fn is_given(&self) -> bool {
        is_given(self.source.text)
    }

    /// Returns the value of every option that has effect, as the documentation of the heap shows
    /// it.
    pub(crate) fn values(&self) -> Vec<(&'static HeapOption, String)> {
        let word = |choice: &Choice| Some(format!("`\"{}\"`", choice.text));
        let bytes = |size| Some(format!("`\"{}\"`", show(size)));
        let none = |word: &str| Some(format!("`\"{word}\"`"));
        let by_target = |option: &HeapOption| Some(option.default.to_owned());
        let is_given = self.is_given();
        let is_late = is_given && !self.is_static();
        let is_fixed = is_given || self.grow == 0;
        let is_full = self.limit == Some(self.arena);
        let by_path = |path| Some(format!("`{}`", compact(path)));
        let (policy, order, index) = match &self.index {
            Index::Tree { policy, order } => (word(policy), order, none("tree")),
            Index::List { policy, order } => (word(policy), order, none("list")),
            Index::Own { policy, order } => (by_path(policy), order, none("list")),
            Index::Bins { bins, order } => (word(bins), order, None),
        };
        let values = [
            (&PRESET, self.preset.as_ref().and_then(word)),
            (&SOURCE, word(&self.source)),
            (&ARENA, if is_late { None } else { bytes(self.arena) }),
            (
                &GROW,
                match self.grow {
                    _ if is_given || is_full && !is_fixed => None,
                    0 => none("none"),
                    grow => bytes(grow),
                },
            ),
            (
                &LIMIT,
                if is_fixed && !is_late {
                    None
                } else {
                    self.limit.map_or(by_target(&LIMIT), bytes)
                },
            ),
            (
                &TRIM,
                match self.trim {
                    _ if is_fixed || self.coalesce.text == "never" => None,
                    trim => trim.map_or(none("never"), bytes),
                },
            ),
            (&LARGE, if is_given { None } else { self.large.map_or(none("none"), bytes) }),
            (&POLICY, policy),
            (&ORDER, word(order)),
            (&INDEX, index),
            (&COALESCE, word(&self.coalesce)),
            (&CACHE, if is_given { None } else { self.cache.map_or(none("none"), bytes) }),
            (&CACHE_TOTAL, self.cache.and_then(|cache| bytes(self.total(cache)))),
            (
                &LOCK,
                match &self.lock {
                    Lock::Default => by_target(&LOCK),
                    Lock::Chosen(lock) | Lock::Unsafe(lock, _) => word(lock),
                    Lock::Path(path) => by_path(path),
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
            (
                &RECORD,
                match &self.record {
                    Some((path, _)) => Some(format!("`{path:?}`")),
                    None => none("none"),
                },
            ),
            (&CRATE, self.runtime.as_ref().map(|path| format!("`{}`", compact(path)))),
        ];
        values.into_iter().filter_map(|(option, value)| Some((option, value?))).collect()
    }
}

/// Shows a path as a person writes it, without spaces.
pub(crate) fn compact(path: &TokenStream) -> String {
    path.to_string().split_whitespace().collect()
}

impl Index {
    fn new(args: &Args) -> Self {
        if let Some(Entry { value: Value::Path(policy), .. }) = args.get(&POLICY) {
            let (policy, order) = (policy.clone(), choice(args, &ORDER, "address"));
            return Self::Own { policy, order };
        }
        let is_free = cache(args).is_some() && !names_placement(args);
        let policy = choice(args, &POLICY, if is_free { "segregated_fit" } else { "first_fit" });
        if policy.text == "segregated_fit" {
            return Self::Bins { bins: policy, order: choice(args, &ORDER, "fifo") };
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

/// Returns the arena's first size: the written one, else the default, but at most `limit`.
pub(crate) fn arena(args: &Args) -> u64 {
    let most = args.size(&LIMIT).unwrap_or(u64::MAX);
    args.size(&ARENA).unwrap_or(DEFAULT_ARENA.min(most))
}

/// Whether a source has only what it is given.
fn is_given(source: &str) -> bool {
    matches!(source, "static" | "slice" | "linker")
}

/// Returns the source, if the arena is what the heap is given.
pub(crate) fn given(args: &Args) -> Option<&Entry> {
    args.get(&SOURCE)
        .filter(|entry| matches!(entry.value, Value::Word(word) if is_given(word.text)))
}

/// Returns the source, if only the running program knows how large the arena is.
pub(crate) fn late(args: &Args) -> Option<&Entry> {
    given(args).filter(|entry| !entry.is_word("static"))
}

/// Whether the user named where blocks go. Then each request is placed so, unless the user named a
/// cache, too.
fn names_placement(args: &Args) -> bool {
    PLACEMENT.iter().any(|option| args.get(option).is_some())
}

/// Returns the per-thread cache size: the written one, else the default, of which a small arena has
/// room for a few threads.
pub(crate) fn cache(args: &Args) -> Option<u64> {
    let is_given = given(args).is_some();
    let is_unlocked = args.with_word(&LOCK, "none").is_some();
    if let Some(entry) = args.get(&CACHE) {
        return entry.size();
    }
    if is_given || is_unlocked || names_placement(args) {
        return None;
    }
    let is_fixed = args.with_word(&GROW, "none").is_some();
    let limit = if is_fixed { Some(arena(args)) } else { args.size(&LIMIT) };
    let total = args.size(&CACHE_TOTAL).unwrap_or(u64::MAX);
    let cache = limit.map_or(DEFAULT_CACHE, |limit| DEFAULT_CACHE.min(limit / CACHES_IN_LIMIT));
    let cache = cache.min(total);
    CACHE.accepts(cache).then_some(cache)
}

/// Returns the path of the runtime crate, if the user wrote one.
pub(crate) fn runtime(args: &Args) -> Option<&TokenStream> {
    match &args.get(&CRATE)?.value {
        Value::Path(path) => Some(path),
        Value::Word(_) | Value::Size(_) | Value::Text(_) => None,
    }
}

/// Returns where the heap records its requests, if it does.
fn record(args: &Args) -> Option<(String, Span)> {
    let entry = args.get(&RECORD)?;
    match &entry.value {
        Value::Text(path) => Some((path.clone(), entry.span())),
        Value::Word(_) | Value::Size(_) | Value::Path(_) => None,
    }
}

/// Returns the minimum growth step: the written one, else the default, but at most `limit` and
/// `trim`.
fn grow(args: &Args) -> u64 {
    let most = args.size(&LIMIT).into_iter().chain(args.size(&TRIM)).min().unwrap_or(u64::MAX);
    args.size(&GROW).unwrap_or(DEFAULT_GROW.min(most))
}

/// Returns the word written for `option`, else `default`.
fn choice(args: &Args, option: &HeapOption, default: &str) -> Choice {
    debug_assert!(option.word(default).is_some(), "`{}` has no `{default}`", option.name);
    let written = |entry: &Entry| match entry.value {
        Value::Word(word) => Some(Choice { text: word.text, item: word.item, span: entry.span() }),
        Value::Size(_) | Value::Path(_) | Value::Text(_) => None,
    };
    let by_default = || {
        let (text, item) = option.word(default).map_or(("", ""), |word| (word.text, word.item));
        Choice { text, item, span: Span::call_site() }
    };
    args.get(option).and_then(written).unwrap_or_else(by_default)
}
