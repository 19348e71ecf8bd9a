//! The expansion: the static, its configuration, and every mistake.
//!
//! ```text
//! pub static HEAP: ::brkalloc::BrkHeap<HEAP> = …;    the user's static
//! pub enum HEAP {}                                   its configuration, a type of the same name
//! const _: () = { … };                               what the configuration holds, and the checks
//! ```
//!
//! All paths are absolute, so that nothing in the user's module is mistaken for ours. There is no
//! `unsafe` but the user's own: one that came from here would slip past `#![forbid(unsafe_code)]`.
//! (What `export` defines cannot do without, and has its own way to be seen there.)
//! With a mistake, the heap is emitted with its defaults, so that rustc finds nothing else to say.
//!
//! Checks that depend on the target are left to constant functions of the runtime, called where the
//! size was written: a macro runs on the host.

// The path serves `fuzz/attribute`, which includes this file from elsewhere.
#[path = "expand/export.rs"]
mod export;

use crate::args::{Args, Entry, Unsafety};
use crate::diag::Sink;
use crate::item::HeapStatic;
use crate::options::{ARENA, CACHE, CRATE, GROW, LARGE, LIMIT, QUARANTINE, TRIM};
use crate::rules;
use crate::settings::{self, Choice, Index, Lock, Settings, compact};
use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;

/// What `#[brk_heap(arguments)] item` becomes.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let args = Args::parse(arguments, &mut sink);
    rules::check(&args, &mut sink);
    let parsed = HeapStatic::parse(item, &mut sink);
    let is_sound = sink.is_empty();
    let item = match parsed {
        Ok(item) => heap(&item, &args, is_sound),
        Err(instead) => instead,
    };
    let mistakes = sink.mistakes();
    quote!(#(#mistakes)* #item)
}

/// The static and its configuration; by default values only, unless the attribute `is_sound`.
fn heap(item: &HeapStatic, args: &Args, is_sound: bool) -> TokenStream {
    let runtime = Runtime::new(args);
    let defaults = Args::default();
    let settings = Settings::new(if is_sound { args } else { &defaults });
    let HeapStatic { attributes, visibility, keyword, name, declared, .. } = item;
    let brk_heap = runtime.heap();
    let names = names(args, &runtime);
    let checks = if is_sound { checks(args, &runtime) } else { TokenStream::new() };
    let requirements = is_sound.then(|| requirements(&settings, &runtime));
    let implementation = implementation(item, &settings, &runtime);
    let storage = storage(name, &settings, &runtime);
    let caches = caches(name, &settings, &runtime);
    let lock_path = lock_path(name, &settings, &runtime);
    let documentation = is_sound.then(|| documentation(args, &settings));
    let functions = export::functions(item, &settings, &runtime);
    let is_typed = !declared.is_empty();
    let start = start_of(declared);
    let function = runtime.item("declared", start);
    let declared = is_typed.then(|| quote_spanned!(start=> #function::<#declared>();));
    let (hidden_visibility, hidden) = (unlinted(visibility), unlinted_name(name));
    quote! {
        #attributes
        #documentation
        #visibility #keyword #name: #brk_heap<#name> = #brk_heap::__new();
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #hidden_visibility enum #hidden {}
        const _: () = {
            #names
            #declared
            #checks
            #requirements
            #implementation
            #lock_path
            #storage
            #caches
            #functions
        };
    }
}

/// The static's documentation, behind the user's own: every option that has effect, its value, and
/// where that comes from.
fn documentation(args: &Args, settings: &Settings) -> TokenStream {
    let mut text = String::from(
        "\nA heap that `#[brk_heap]` made:\n\n| option | value | from |\n|---|---|---|\n",
    );
    for (option, value) in settings.values() {
        let from = if args.get(option).is_some() { "written" } else { "default" };
        text.extend(["| `", option.name, "` | ", &value, " | ", from, " |\n"]);
    }
    quote!(#[doc = #text])
}

/// Where the runtime is found: where the user says, else under its own name.
struct Runtime<'a> {
    written: Option<&'a TokenStream>,
    /// Where a missing item is reported: at the user's path, else at the attribute.
    span: Span,
}

impl<'a> Runtime<'a> {
    fn new(args: &'a Args) -> Self {
        let written = settings::runtime(args);
        let at_path = |path| start_of(path).resolved_at(Span::call_site());
        Self { written, span: written.map_or_else(Span::call_site, at_path) }
    }

    /// The path of the crate. One that was written keeps its place; another stands at one place
    /// wherever it is used, so that a crate that is not there is one error.
    fn path(&self) -> TokenStream {
        self.written.cloned().unwrap_or_else(|| quote_spanned!(self.span=> ::brkalloc))
    }

    /// The runtime's `name`, reported at `span` if it does not fit there.
    fn item(&self, name: &str, span: Span) -> TokenStream {
        let path = self.path();
        let private = quote_spanned!(self.span=> ::__private::);
        let name = Ident::new(name, span);
        quote!(#path #private #name)
    }

    /// The type of every heap.
    fn heap(&self) -> TokenStream {
        let path = self.path();
        quote_spanned!(self.span=> #path::BrkHeap)
    }

    /// The type that was chosen, reported where it was written.
    fn chosen(&self, choice: Choice) -> TokenStream {
        self.item(choice.item, choice.span)
    }

    /// A size as a `usize` of the target.
    fn bytes(&self, size: &impl ToTokens) -> TokenStream {
        let bytes = self.item("bytes", self.span);
        quote!(#bytes(#size))
    }
}

/// Imports the options that were written, for hover and go-to-definition in editors.
fn names(args: &Args, runtime: &Runtime<'_>) -> Option<TokenStream> {
    let written = args.entries().iter().filter(|entry| entry.option.name != CRATE.name);
    let names: Vec<Ident> = written.map(|entry| entry.name.unraw()).collect();
    let options = runtime.item("options", runtime.span);
    (!names.is_empty()).then(|| {
        quote! {
            #[allow(unused_imports)]
            use #options::{#(#names as _),*};
        }
    })
}

/// What only the target can tell about a size, asked where the size was written.
fn checks(args: &Args, runtime: &Runtime<'_>) -> TokenStream {
    let check = |option| {
        let entry: &Entry = args.get(option)?;
        let (size, span) = (entry.size()?, entry.span());
        let check = runtime.item(&format!("check_{}", entry.option.name), span);
        let size = number(size, span);
        // In parentheses, which stand where the size does: there the whole call is reported.
        Some(quote_spanned!(span=> const _: () = (#check)(#size);))
    };
    [&ARENA, &LIMIT, &GROW, &TRIM, &LARGE, &CACHE, &QUARANTINE]
        .into_iter()
        .filter_map(check)
        .collect()
}

/// What the target may lack of what was chosen, asked where it was written.
fn requirements(settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
    let source = &settings.source;
    let lock = match &settings.lock {
        Lock::Default => Some(("default", runtime.span)),
        Lock::Chosen(lock) => Some((lock.text, lock.span)),
        Lock::Unsafe(..) | Lock::Path(_) => None,
    };
    let require = |name: &str, span: Span, words: &[&str]| {
        let require = runtime.item(name, span);
        quote_spanned!(span=> const _: () = (#require)(#(#words),*);)
    };
    let (source_text, lock_text) = (source.text, lock.map_or("none", |(text, _)| text));
    let of_source = (!is_static(settings))
        .then(|| require("require_source", source.span, &[source_text, lock_text]));
    let of_lock = lock.map(|(lock, span)| require("require_lock", span, &[source_text, lock]));
    quote!(#of_source #of_lock)
}

fn implementation(item: &HeapStatic, settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
    let name = &item.name;
    let config = runtime.item("Config", runtime.span);
    let source = source(name, settings, runtime);
    let index = index(settings, runtime);
    let coalesce = runtime.chosen(settings.coalesce);
    let counters = runtime.chosen(settings.stats);
    let (lock, new_lock) = lock(name, settings, runtime);
    let cache = of_size(settings.cache, "Cached", "Uncached", runtime);
    let large = of_size(settings.large, "Mapped", "Unmapped", runtime);
    let quarantine = of_size(settings.quarantine, "Quarantined", "Unquarantined", runtime);
    let text = name.unraw().to_string();
    let arena = runtime.bytes(&number(settings.arena, runtime.span));
    let grow = runtime.bytes(&number(settings.grow, runtime.span));
    let limit = runtime.bytes(&limit(settings, runtime));
    let trim = trim(settings, runtime);
    let harden = runtime.item("Harden", runtime.span);
    let level = Ident::new(settings.harden.item, settings.harden.span);
    let brk_heap = runtime.heap();
    // What the runtime cannot tell from a type: paths, as the user wrote them.
    let lock_option = match &settings.lock {
        Lock::Path(path) => {
            Some(text_constant("LOCK_OPTION", &format!("lock = {}", compact(path))))
        }
        _ => None,
    };
    let export = (settings.export.item != "None").then(|| {
        let export = runtime.item("Export", runtime.span);
        let chosen = Ident::new(settings.export.item, settings.export.span);
        quote!(const EXPORT: #export = #export::#chosen;)
    });
    let zero = (settings.zero.item != "None").then(|| {
        let zero = runtime.item("Zero", runtime.span);
        let chosen = Ident::new(settings.zero.item, settings.zero.span);
        quote!(const ZERO: #zero = #zero::#chosen;)
    });
    let crate_path = runtime.written.map(|path| text_constant("CRATE", &compact(path)));
    // Only where it is needed: below a `#![forbid(deprecated)]` it would be an error of its own.
    let allow = item.is_deprecated.then(|| quote!(#[allow(deprecated)]));
    quote! {
        #[automatically_derived]
        impl #config for #name {
            type Source = #source;
            type Index = #index;
            type Coalesce = #coalesce;
            type Lock = #lock;
            type Cache = #cache;
            type Large = #large;
            type Quarantine = #quarantine;
            type Counters = #counters;
            const NAME: &'static ::core::primitive::str = #text;
            const ARENA: ::core::primitive::usize = #arena;
            const GROW: ::core::primitive::usize = #grow;
            const LIMIT: ::core::primitive::usize = #limit;
            const TRIM: ::core::primitive::usize = #trim;
            const HARDEN: #harden = #harden::#level;
            #zero
            const LOCK: Self::Lock = #new_lock;
            #lock_option
            #export
            #crate_path
            #allow
            fn heap() -> &'static #brk_heap<#name> {
                &#name
            }
        }
    }
}

/// A constant of the configuration that holds a text.
fn text_constant(name: &str, text: &str) -> TokenStream {
    let name = Ident::new(name, Span::call_site());
    quote!(const #name: &'static ::core::primitive::str = #text;)
}

fn source(name: &Ident, settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
    let source = runtime.chosen(settings.source);
    if is_static(settings) { quote!(#source<#name>) } else { source }
}

fn is_static(settings: &Settings) -> bool {
    settings.source.item == "Static"
}

fn index(settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
    let chosen = |choice| runtime.chosen(choice);
    let of_default = |name| runtime.item(name, runtime.span);
    match settings.index {
        Index::Tree { policy, .. } => {
            let (tree, policy) = (of_default("Tree"), chosen(policy));
            quote!(#tree<#policy>)
        }
        Index::List { policy, order } => {
            let (list, policy, order) = (of_default("List"), chosen(policy), chosen(order));
            quote!(#list<#policy, #order>)
        }
        Index::Bins { bins, order } => {
            let (bins, order) = (chosen(bins), chosen(order));
            let (classes, limit) = (of_default("classes"), limit(settings, runtime));
            quote!(#bins<#order, { #classes(#limit) }>)
        }
    }
}

/// The type `with` of so many bytes, or `without` where none were asked for.
fn of_size(size: Option<u64>, with: &str, without: &str, runtime: &Runtime<'_>) -> TokenStream {
    let Some(size) = size else { return runtime.item(without, runtime.span) };
    let with = runtime.item(with, runtime.span);
    let bytes = runtime.bytes(&number(size, runtime.span));
    quote!(#with<{ #bytes }>)
}

/// The limit in bytes, as a `u64`.
fn limit(settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
    match settings.limit {
        Some(limit) => number(limit, runtime.span).into_token_stream(),
        None => runtime.item("LARGEST_LIMIT", runtime.span),
    }
}

/// The trim threshold as a `usize`; what no top exceeds where pages never go back.
fn trim(settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
    let largest = || quote!(::core::primitive::usize::MAX);
    settings.trim.map_or_else(largest, |trim| runtime.bytes(&number(trim, runtime.span)))
}

/// The lock's type, and how one is made.
fn lock(name: &Ident, settings: &Settings, runtime: &Runtime<'_>) -> (TokenStream, TokenStream) {
    match &settings.lock {
        Lock::Default => {
            let lock = runtime.item("DefaultLock", runtime.span);
            (lock.clone(), quote!(#lock::new()))
        }
        Lock::Chosen(chosen) => {
            let lock = runtime.chosen(*chosen);
            (lock.clone(), quote!(#lock::new()))
        }
        Lock::Unsafe(chosen, Unsafety { keyword, parentheses }) => {
            let lock = runtime.chosen(*chosen);
            let mut block = Group::new(Delimiter::Brace, quote!(#lock::new()));
            block.set_span(*parentheses);
            (lock, quote!(#keyword #block))
        }
        Lock::Path(_) => {
            let lock = runtime.item("PathLock", runtime.span);
            (quote!(#lock<#name>), quote!(#lock::new()))
        }
    }
}

/// Where a lock's path is asked whether it leads to a mutex: an item of its own, so that the answer
/// is heard once.
fn lock_path(name: &Ident, settings: &Settings, runtime: &Runtime<'_>) -> Option<TokenStream> {
    let Lock::Path(path) = &settings.lock else { return None };
    let by_path = runtime.item("ByPath", runtime.span);
    let raw = quote_spanned!(start_of(path)=> type Raw = #path;);
    Some(quote! {
        #[automatically_derived]
        impl #by_path for #name {
            #raw
        }
    })
}

/// The array of a static arena: an item of its own, so that it stays in `.bss`. In a block of its
/// own, because the heap may be called `ARENA`, too.
fn storage(name: &Ident, settings: &Settings, runtime: &Runtime<'_>) -> Option<TokenStream> {
    if !is_static(settings) {
        return None;
    }
    let item = |name| runtime.item(name, runtime.span);
    let (array, storage, lent) = (item("StaticArena"), item("Storage"), item("Lent"));
    let arena = runtime.bytes(&number(settings.arena, runtime.span));
    Some(quote! {
        const _: () = {
            static ARENA: #array<{ #arena }> = #array::new();
            #[automatically_derived]
            impl #storage for #name {
                fn storage() -> #lent {
                    ARENA.lend()
                }
            }
        };
    })
}

/// The thread-locals of a heap with a cache: the cache has no destructor, so that access to it is one
/// instruction; what notices the end of a thread has one.
fn caches(name: &Ident, settings: &Settings, runtime: &Runtime<'_>) -> Option<TokenStream> {
    settings.cache?;
    let item = |name| runtime.item(name, runtime.span);
    if settings.export.item == "Malloc" {
        let exported = item("exported");
        return Some(quote!(#exported::caches! { #name }));
    }
    let (per_thread, cache, end) = (item("PerThread"), item("ThreadCache"), item("ThreadEnd"));
    Some(quote! {
        #[automatically_derived]
        impl #per_thread for #name {
            #[inline]
            fn with<R>(f: impl ::core::ops::FnOnce(&#cache<Self>) -> R) -> R {
                ::std::thread_local! {
                    static CACHE: #cache<#name> = const { #cache::new() };
                }
                CACHE.with(f)
            }
            fn watch_end() -> ::core::primitive::bool {
                ::std::thread_local! {
                    static END: #end<#name> = const { #end::new() };
                }
                END.try_with(|_| ()).is_ok()
            }
        }
    })
}

/// `size` as a literal that needs no type from its surroundings. It is the macro's own, wherever it
/// stands, so that no lint reads the user's `"64KiB"` as our number.
fn number(size: u64, span: Span) -> Literal {
    let mut literal = Literal::u64_suffixed(size);
    literal.set_span(span.resolved_at(Span::call_site()));
    literal
}

/// Where `tokens` begin.
fn start_of(tokens: &TokenStream) -> Span {
    tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

/// The name at its own place, but as the macro's own, so that no lint reports the hidden type.
fn unlinted_name(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(name.span().resolved_at(Span::call_site()));
    name
}

fn unlinted(tokens: &TokenStream) -> TokenStream {
    let macro_span = |mut token: TokenTree| {
        token.set_span(token.span().resolved_at(Span::call_site()));
        token
    };
    tokens.clone().into_iter().map(macro_span).collect()
}
