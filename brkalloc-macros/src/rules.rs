//! Rejects options that do not go together.
//!
//! Each option has one function that finds the first reason against it, so no option is reported
//! twice. Rules apply to written options only; a default never breaks one, because
//! [`Settings`](crate::settings::Settings) adapts the defaults to the written options.

use crate::args::{Args, Entry};
use crate::diag::{Diagnostic, Mistake, Sink, error};
use crate::options::{
    ARENA, CACHE, CACHE_TOTAL, COALESCE, EXPORT, GROW, HARDEN, INDEX, LARGE, LIMIT, ORDER, POLICY,
    PRESET, QUARANTINE, SOURCE, TRIM,
};
use crate::presets;
use crate::settings::{self, WINDOW};
use crate::size::show;
use crate::value::Value;
use proc_macro2::TokenStream;
use quote::quote;

/// The largest array, in bytes: half of what code on most processors reaches.
const LARGEST_ARRAY: u64 = 1 << 30;

/// Parses the arguments, fills in the options of a preset, and reports every mistake.
pub(crate) fn understand(arguments: TokenStream, sink: &mut Sink) -> Args {
    let mut args = Args::parse(arguments, sink);
    presets::fill_in(&mut args);
    settle(&mut args);
    check(&args, sink);
    args
}

/// Removes what does not go together with the written options from the options of a preset.
fn settle(args: &mut Args) {
    while args.remove_of_preset(|entry, args| conflict(entry, args).is_some()) {}
}

/// Reports every option that conflicts with the others, and every one that lacks another.
fn check(args: &Args, sink: &mut Sink) {
    for entry in args.entries() {
        if let Some(incomplete) = unsized_array(entry, args) {
            sink.push(incomplete.at(&entry.tokens));
        } else if let Some(mistake) = without_unsafe(entry).or_else(|| needless_unsafe(entry)) {
            sink.push(mistake);
        } else if let Some(conflict) = conflict(entry, args) {
            sink.push(conflict.at(&entry.tokens));
        }
    }
}

fn conflict(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    let finders = [
        (ARENA.name, arena as fn(&Entry, &Args) -> Option<Diagnostic>),
        (GROW.name, grow),
        (LIMIT.name, limit),
        (TRIM.name, trim),
        (INDEX.name, index),
        (CACHE.name, cache),
        (CACHE_TOTAL.name, cache_total),
        (LARGE.name, large),
        (QUARANTINE.name, quarantine),
        (EXPORT.name, export),
    ];
    let (_, find) = finders.into_iter().find(|(name, _)| *name == entry.option.name)?;
    find(entry, args)
}

/// A static arena needs its size. No report if an entry has a mistake: it may be the size.
fn unsized_array(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    let is_array = entry.option.name == SOURCE.name && entry.is_word("static");
    let is_sized = args.get(&ARENA).is_some() || args.has_failed();
    (is_array && !is_sized).then(|| {
        let written = entry.preset.map_or_else(|| entry.written(), preset);
        error(format!("`{written}` needs `arena`"))
            .help(format!("give the heap a size: `#[brk_heap({written}, arena = \"64KiB\")]`"))
    })
}

/// Writes the preset, as the user did.
fn preset(name: &str) -> String {
    format!("{} = \"{name}\"", PRESET.name)
}

fn arena(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    if let Some(late) = settings::late(args) {
        return Some(
            error(format!("`arena` has no effect with `{}`", late.written()))
                .help("remove `arena`, or write `limit` for the most that the heap may use")
                .note(because(late, &format!("{} decide how large it is", givers(late)))),
        );
    }
    let is_array = args.with_word(&SOURCE, "static").is_some();
    let is_beyond = is_array && LARGEST_ARRAY < entry.size()?;
    beyond_window(entry).or_else(|| {
        is_beyond.then(|| {
            error("`arena` is above 1 GiB with `source = \"static\"`")
                .help("write `arena = \"1GiB\"` or less, or choose `source = \"mmap\"`")
                .note("the statics of a program lie within 2 GiB of its code")
        })
    })
}

/// Rejects a size that no heap reaches.
fn beyond_window(entry: &Entry) -> Option<Diagnostic> {
    let name = entry.option.name;
    let instead = if name == LIMIT.name { ", or leave it out" } else { "" };
    (WINDOW < entry.size()?).then(|| {
        error(format!("`{name}` is above 64 GiB"))
            .help(format!("write `{name} = \"64GiB\"` or less{instead}"))
            .note("chunk offsets count 16-byte granules in 32 bits, which reach 64 GiB")
    })
}

fn grow(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    if let Some(fixed) = settings::given(args) {
        return Some(no_effect(entry, fixed, &format!("{} cannot grow", given_arena(fixed))));
    }
    if let Some(mistake) = beyond_window(entry) {
        return Some(mistake);
    }
    let (grow, limit) = (entry.size()?, args.size(&LIMIT)?);
    let arena = settings::arena(args);
    if limit < grow {
        return Some(
            error("`grow` is larger than `limit`")
                .help(format!("write `grow = \"{}\"` or less, or raise `limit`", show(limit)))
                .note(format!("`limit` caps the heap at {limit} bytes; `grow` adds {grow}")),
        );
    }
    let is_full = arena == limit;
    is_full.then(|| {
        error(format!("`grow` has no effect with `limit = \"{}\"`", show(limit)))
            .help("remove `grow`, or begin with a smaller `arena`")
            .note(format!("the arena begins with {arena} bytes, and `limit` caps it there"))
    })
}

fn limit(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    if let Some(fixed) = args.with_word(&SOURCE, "static") {
        return Some(no_effect(entry, fixed, "a static arena is exactly `arena` bytes"));
    }
    if let Some(fixed) = args.with_word(&GROW, "none").filter(|_| settings::late(args).is_none()) {
        return Some(no_effect(entry, fixed, "an arena that does not grow stays at `arena` bytes"));
    }
    if let Some(mistake) = beyond_window(entry) {
        return Some(mistake);
    }
    let limit = entry.size()?;
    let arena = args.size(&ARENA).filter(|arena| *arena <= WINDOW)?;
    (limit < arena).then(|| {
        error("`limit` is smaller than `arena`")
            .help(format!(
                "write `limit = \"{}\"` or more, or lower `arena` to `\"{}\"`",
                show(arena),
                show(limit)
            ))
            .note(format!("`arena` starts the heap at {arena} bytes; `limit` caps it at {limit}"))
    })
}

fn trim(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    if let Some(fixed) = settings::given(args) {
        let why = format!("{} has no pages to give back", given_arena(fixed));
        return Some(no_effect(entry, fixed, &why));
    }
    if let Some(fixed) = args.with_word(&GROW, "none") {
        return Some(no_effect(
            entry,
            fixed,
            "an arena that does not grow has nothing to give back",
        ));
    }
    if let Some(apart) = args.with_word(&COALESCE, "never") {
        return Some(no_effect(entry, apart, "a heap that never merges cannot trim"));
    }
    let trim = entry.size()?;
    if let Some(grow) = args.size(&GROW).filter(|grow| trim < *grow) {
        return Some(
            error("`trim` is smaller than `grow`")
                .help(format!(
                    "write `trim = \"{}\"` or more, or lower `grow` to `\"{}\"`",
                    show(grow),
                    show(trim)
                ))
                .note("the heap would give back what it just took"),
        );
    }
    if args.size(&LIMIT).is_none() && WINDOW <= trim {
        return Some(
            error(format!("`trim = \"{}\"` has no effect", show(trim)))
                .help("write a `trim` below `\"64GiB\"`, or `trim = \"never\"`")
                .note("a heap reaches 64 GiB at most, and `trim` waits for more"),
        );
    }
    let limit = args.size(&LIMIT).filter(|limit| *limit <= trim)?;
    Some(
        error(format!("`trim` has no effect with `limit = \"{}\"`", show(limit)))
            .help("write a `trim` below `limit`, or `trim = \"never\"`")
            .note(format!(
                "at most {limit} bytes can be free, and `trim` waits for more than {trim}"
            )),
    )
}

fn index(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    if let Some(segregated) = args.with_word(&POLICY, "segregated_fit") {
        let why = "segregated fit finds chunks through bins of its own";
        return Some(no_effect(entry, segregated, why));
    }
    let by_path = args.get(&POLICY).filter(|policy| matches!(policy.value, Value::Path(_)));
    if let Some(policy) = by_path.filter(|_| entry.is_word("tree")) {
        return Some(
            error(format!("`{}` cannot be combined with `{}`", entry.written(), policy.written()))
                .help("use `index = \"list\"`, or leave `index` out")
                .note("a tree knows the built-in policies; yours is asked along a list"),
        );
    }
    let order =
        args.get(&ORDER).filter(|order| entry.is_word("tree") && !order.is_word("address"))?;
    let why = if order.is_word("lifo") { "last-in-first-out" } else { "first-in-first-out" };
    Some(
        error(format!("`{}` cannot be combined with `{}`", entry.written(), order.written()))
            .help("use `index = \"list\"`, or keep the tree with `order = \"address\"`")
            .note(because(order, &format!("a tree sorts chunks by address, not {why}"))),
    )
}

fn large(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    let fixed = settings::given(args)?;
    let why = format!("a heap with {} takes no mappings from the system", given_arena(fixed));
    Some(no_effect(entry, fixed, &why))
}

fn cache(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    if let Some(fixed) = settings::given(args) {
        let arena = given_arena(fixed);
        let why = format!("a cache keeps its tables in a mapping, and {arena} has none");
        return Some(no_effect(entry, fixed, &why));
    }
    // A total that the user wrote replaces a preset's larger cache.
    let total = args.get(&CACHE_TOTAL).filter(|_| entry.preset.is_some());
    if let Some(total) = total.filter(|total| total.size() < entry.size()) {
        return Some(no_effect(entry, total, "no thread may keep more than all may"));
    }
    larger_than_limit(entry, args, |kept| format!("each thread may keep {kept}"))
}

/// All caches together bound nothing where there is none, and no less than one of them.
fn cache_total(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    let Some(cache) = settings::cache(args) else {
        return Some(
            error("`cache_total` has no effect without a cache")
                .help("write a `cache`, such as `cache = \"1MiB\"`, or remove `cache_total`")
                .note("it bounds what the caches of all threads hold together"),
        );
    };
    let total = entry.size()?;
    if total < cache {
        let (cache_text, total_text) = (show(cache), show(total));
        return Some(
            error("`cache_total` is smaller than `cache`")
                .help(format!(
                    "write `cache_total = \"{cache_text}\"` or more, or `cache = \"{total_text}\"` or less"
                ))
                .note(format!("each thread may keep {cache} bytes, and all together {total}")),
        );
    }
    larger_than_limit(entry, args, |kept| format!("all threads may keep {kept}"))
}

/// Only a fully hardened heap checks blocks in quarantine.
fn quarantine(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    if args.with_word(&HARDEN, "full").is_none() {
        return Some(
            error("`quarantine` has no effect without `harden = \"full\"`")
                .help("write `harden = \"full\"` too, or remove `quarantine`")
                .note("only a fully hardened heap checks quarantined blocks"),
        );
    }
    larger_than_limit(entry, args, |kept| format!("the quarantine may hold {kept}"))
}

/// Rejects a cache or a quarantine that is larger than the arena can become.
fn larger_than_limit(
    entry: &Entry,
    args: &Args,
    note: impl FnOnce(u64) -> String,
) -> Option<Diagnostic> {
    let name = entry.option.name;
    let (kept, limit) = (entry.size()?, args.size(&LIMIT)?);
    (limit < kept).then(|| {
        error(format!("`{name}` is larger than `limit`"))
            .help(format!("write `{name} = \"{}\"` or less, or raise `limit`", show(limit)))
            .note(format!("`limit` caps the heap at {limit} bytes; {}", note(kept)))
    })
}

/// Exported functions serve the whole process, which must not be limited to an array.
fn export(entry: &Entry, args: &Args) -> Option<Diagnostic> {
    let fixed = settings::given(args).filter(|_| entry.is_word("malloc"))?;
    Some(
        error(format!("`{}` cannot be combined with `{}`", entry.written(), fixed.written()))
            .help("remove `export`, or choose `source = \"brk\"`")
            .note(format!(
                "exported functions serve the whole process, and {} cannot grow",
                given_arena(fixed)
            )),
    )
}

/// What the user promises with `unsafe`, and why no compiler checks it.
fn promise(entry: &Entry) -> Option<[&'static str; 2]> {
    match entry.value {
        Value::Word(word) if word.is_unsafe && entry.option.name == SOURCE.name => Some([
            "the linker script keeps the memory from `__heap_start` to `__heap_end` for this heap alone",
            "no compiler sees what the linker places there",
        ]),
        Value::Word(word) if word.is_unsafe => Some([
            "no second thread and no interrupt ever uses this heap",
            "a static is shared by every thread of the program",
        ]),
        _ => None,
    }
}

fn without_unsafe(entry: &Entry) -> Option<Mistake> {
    let [promise, why] = promise(entry).filter(|_| entry.unsafety.is_none())?;
    let (name, value, written) = (&entry.name, &entry.tokens, entry.written());
    Some(
        error(format!("`{written}` must be written `unsafe({written})`"))
            .help(format!("write `unsafe({written})` if {promise}"))
            .note(why)
            .at(quote!(#name = #value)),
    )
}

fn needless_unsafe(entry: &Entry) -> Option<Mistake> {
    let unsafety = entry.unsafety.as_ref().filter(|_| promise(entry).is_none())?;
    let written = entry.written();
    Some(
        error(format!("`{written}` is not unsafe"))
            .help(format!("write `{written}` without `unsafe(...)`"))
            .at(&unsafety.keyword),
    )
}

/// Names an arena that is what the heap is given.
fn given_arena(source: &Entry) -> &'static str {
    if source.is_word("static") { "a static arena" } else { "memory that the heap is given" }
}

/// Names what decides how large the arena is.
fn givers(late: &Entry) -> &'static str {
    if late.is_word("linker") {
        "the symbols `__heap_start` and `__heap_end`"
    } else {
        "the bytes that `init` is given"
    }
}

/// Reports `entry`, which has no effect beside `other`.
fn no_effect(entry: &Entry, other: &Entry, why: &str) -> Diagnostic {
    let name = entry.option.name;
    error(format!("`{name}` has no effect with `{}`", other.written()))
        .help(format!("remove `{name}`, or {}", instead_of(other)))
        .note(because(other, why))
}

/// Words the reason, and says so if `other` comes from a preset.
fn because(other: &Entry, why: &str) -> String {
    match other.preset {
        Some(word) => format!("`{}` has `{}`; {why}", preset(word), other.written()),
        None => why.to_owned(),
    }
}

/// Words an alternative to `other`, beside which another option has no effect.
fn instead_of(other: &Entry) -> String {
    let name = other.option.name;
    if name == SOURCE.name {
        "choose `source = \"brk\"`".to_owned()
    } else if name == GROW.name {
        format!("let the heap grow: `{}`", GROW.written_as_example())
    } else if name == COALESCE.name {
        "merge free chunks with `coalesce = \"deferred\"`".to_owned()
    } else {
        format!("choose another `{name}`, such as `{}`", other.option.written_as_example())
    }
}
