//! Writes the configuration of a heap: the implementation of the runtime's `Config`, and the items
//! that it needs.

use crate::args::{Args, Unsafety};
use crate::item::HeapStatic;
use crate::options::CACHE;
use crate::runtime::{Runtime, number, start_of};
use crate::settings::{Index, Lock, Settings, compact};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;

/// Writes the implementation of `Config`.
pub(crate) fn implementation(
    item: &HeapStatic,
    args: &Args,
    settings: &Settings,
    runtime: &Runtime<'_>,
) -> TokenStream {
    let name = &item.name;
    let config = runtime.item("Config", runtime.span);
    let source = source(item, settings, runtime);
    let index = index(name, settings, runtime);
    let coalesce = runtime.chosen(settings.coalesce);
    let counters = runtime.chosen(settings.stats);
    let (lock, new_lock) = noticing(name, settings, runtime, lock(name, settings, runtime));
    let cache = cache(args, settings, runtime);
    let large = of_size(settings.large, "Mapped", "Unmapped", runtime);
    let quarantine = of_size(settings.quarantine, "Quarantined", "Unquarantined", runtime);
    let text = name.unraw().to_string();
    let arena = runtime.bytes(&number(settings.arena, runtime.span));
    let grow = runtime.bytes(&number(settings.grow, runtime.span));
    let limit = runtime.bytes(&limit(settings, runtime));
    let trim = trim(settings, runtime);
    let harden = runtime.chosen(settings.harden);
    let brk_heap = runtime.heap();
    // The runtime shows paths as the user wrote them, which it cannot derive from the types.
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
    let record = settings.record.as_ref().map(|(path, _)| record(path, runtime));
    let crate_path = runtime.written.map(|path| text_constant("CRATE", &compact(path)));
    // Only if needed: below a `#![forbid(deprecated)]`, this attribute would be an error itself.
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
            type Harden = #harden;
            type Quarantine = #quarantine;
            type Counters = #counters;
            const NAME: &'static ::core::primitive::str = #text;
            const ARENA: ::core::primitive::usize = #arena;
            const GROW: ::core::primitive::usize = #grow;
            const LIMIT: ::core::primitive::usize = #limit;
            const TRIM: ::core::primitive::usize = #trim;
            #zero
            const LOCK: Self::Lock = #new_lock;
            #lock_option
            #export
            #record
            #crate_path
            #allow
            fn heap() -> &'static #brk_heap<#name> {
                &#name
            }
        }
    }
}

/// Writes the path of the recordings, and the recorder.
fn record(path: &str, runtime: &Runtime<'_>) -> TokenStream {
    let recorder = runtime.item("Recorder", runtime.span);
    // The names within the function are the macro's own, whatever the heap is called.
    let own = Ident::new("RECORDER", Span::mixed_site());
    quote! {
        const RECORD: ::core::option::Option<&'static ::core::primitive::str> =
            ::core::option::Option::Some(#path);
        #[inline]
        fn recorder() -> ::core::option::Option<&'static #recorder> {
            static #own: #recorder = #recorder::new(#path);
            ::core::option::Option::Some(&#own)
        }
    }
}

/// Writes a constant of the configuration that holds a text.
fn text_constant(name: &str, text: &str) -> TokenStream {
    let name = Ident::new(name, Span::call_site());
    quote!(const #name: &'static ::core::primitive::str = #text;)
}

fn source(item: &HeapStatic, settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
    let (source, name) = (runtime.chosen(settings.source), &item.name);
    match settings.source.text {
        "static" => {
            let is_zeroed = item.section.is_empty();
            quote!(#source<#name, #is_zeroed>)
        }
        "linker" => quote!(#source<#name>),
        _ => source,
    }
}

fn index(name: &Ident, settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
    let chosen = |choice| runtime.chosen(choice);
    let of_default = |name| runtime.item(name, runtime.span);
    match settings.index {
        Index::Tree { policy, .. } => {
            let (tree, policy) = (of_default("Tree"), chosen(policy));
            if settings.is_given() {
                // Beside memory of the program's own there is no memory for a table.
                let links = of_default("Links");
                quote!(#tree<#policy, #links>)
            } else {
                quote!(#tree<#policy>)
            }
        }
        Index::List { policy, order } => {
            let (list, policy, order) = (of_default("List"), chosen(policy), chosen(order));
            quote!(#list<#policy, #order>)
        }
        Index::Own { order, .. } => {
            let (list, policy, order) =
                (of_default("List"), of_default("PathPolicy"), chosen(order));
            quote!(#list<#policy<#name>, #order>)
        }
        Index::Bins { bins, order } => {
            let (bins, order) = (chosen(bins), chosen(order));
            let (classes, limit) = (of_default("classes"), limit(settings, runtime));
            quote!(#bins<#order, { #classes(#limit) }>)
        }
    }
}

/// Names the type `with` of `size` bytes, or the type `without` if there is no size.
fn of_size(size: Option<u64>, with: &str, without: &str, runtime: &Runtime<'_>) -> TokenStream {
    let Some(size) = size else { return runtime.item(without, runtime.span) };
    let with = runtime.item(with, runtime.span);
    let bytes = runtime.bytes(&number(size, runtime.span));
    quote!(#with<{ #bytes }>)
}

/// Names the type of the cache. The runtime knows the default of the total.
fn cache(args: &Args, settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
    // What nobody wrote is left out where the target has no caches.
    let cached = if args.get(&CACHE).is_some() { "Cached" } else { "CachedByDefault" };
    let (Some(cache), Some(total)) = (settings.cache, settings.cache_total) else {
        return of_size(settings.cache, cached, "Uncached", runtime);
    };
    let bytes = |size| runtime.bytes(&number(size, runtime.span));
    let (cached, cache, total) = (runtime.item(cached, runtime.span), bytes(cache), bytes(total));
    quote!(#cached<{ #cache }, { #total }>)
}

/// Writes the limit in bytes, as a `u64`.
fn limit(settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
    match settings.limit {
        Some(limit) => number(limit, runtime.span).into_token_stream(),
        None => runtime.item("LARGEST_LIMIT", runtime.span),
    }
}

/// Writes the trim threshold as a `usize`; `usize::MAX` if pages never return to the system.
fn trim(settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
    let largest = || quote!(::core::primitive::usize::MAX);
    settings.trim.map_or_else(largest, |trim| runtime.bytes(&number(trim, runtime.span)))
}

/// Writes the lock's type, and the expression that makes one.
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

/// Puts a lock that notices a thread that comes again before the lock of a heap within whose requests
/// a policy of the user's own runs. (`Unlocked` notices it itself.)
fn noticing(
    name: &Ident,
    settings: &Settings,
    runtime: &Runtime<'_>,
    (lock, new_lock): (TokenStream, TokenStream),
) -> (TokenStream, TokenStream) {
    if !matches!(settings.index, Index::Own { .. }) || matches!(settings.lock, Lock::Unsafe(..)) {
        return (lock, new_lock);
    }
    let noticing = runtime.item("Noticing", runtime.span);
    (quote!(#noticing<#name, #lock>), quote!(#noticing::new(#new_lock)))
}

/// Writes the item that checks whether a policy's path leads to a rule. It is an item of its own, so
/// that rustc reports a wrong path once.
pub(crate) fn policy_path(
    name: &Ident,
    settings: &Settings,
    runtime: &Runtime<'_>,
) -> Option<TokenStream> {
    let Index::Own { policy, .. } = &settings.index else { return None };
    let by_placement = runtime.item("ByPlacement", runtime.span);
    let placement = quote_spanned!(start_of(policy)=> type Placement = #policy;);
    let path = text_constant("PATH", &compact(policy));
    Some(quote! {
        #[automatically_derived]
        impl #by_placement for #name {
            #placement
            #path
        }
    })
}

/// Writes the item that checks whether a lock's path leads to a mutex. It is an item of its own, so
/// that rustc reports a wrong path once.
pub(crate) fn lock_path(
    name: &Ident,
    settings: &Settings,
    runtime: &Runtime<'_>,
) -> Option<TokenStream> {
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

/// Writes the promise that the linker script keeps the arena for the heap, with the user's own `unsafe`.
pub(crate) fn script(
    name: &Ident,
    settings: &Settings,
    runtime: &Runtime<'_>,
) -> Option<TokenStream> {
    let Unsafety { keyword, parentheses } = settings.source_unsafety.as_ref()?;
    let [by_script, script] = ["ByScript", "Script"].map(|name| runtime.item(name, runtime.span));
    let mut promise = Group::new(Delimiter::Brace, quote!(#script::new()));
    promise.set_span(*parentheses);
    Some(quote! {
        #[automatically_derived]
        impl #by_script for #name {
            const SCRIPT: #script = #keyword #promise;
        }
    })
}

/// Writes the array of a static arena. It is an item of its own, so that it stays in `.bss` or in the
/// section that the user named, and in a block of its own, because the heap may be called `ARENA` too.
pub(crate) fn storage(
    item: &HeapStatic,
    settings: &Settings,
    runtime: &Runtime<'_>,
) -> Option<TokenStream> {
    if !settings.is_static() {
        return None;
    }
    let HeapStatic { name, section, .. } = item;
    let item = |name| runtime.item(name, runtime.span);
    let (storage, lent) = (item("Storage"), item("Lent"));
    let arena = runtime.bytes(&number(settings.arena, runtime.span));
    if !section.is_empty() {
        let (array, claim) = (item("PlacedArena"), item("Claim"));
        return Some(quote! {
            const _: () = {
                #section
                static ARENA: #array<{ #arena }> = #array::new();
                static CLAIM: #claim = #claim::new();
                #[automatically_derived]
                impl #storage<false> for #name {
                    fn storage() -> #lent<false> {
                        // SAFETY: nothing else names the two.
                        unsafe { ARENA.lend(&CLAIM) }
                    }
                }
            };
        });
    }
    let array = item("StaticArena");
    Some(quote! {
        const _: () = {
            static ARENA: #array<{ #arena }> = #array::new();
            #[automatically_derived]
            impl #storage<true> for #name {
                fn storage() -> #lent<true> {
                    ARENA.lend()
                }
            }
        };
    })
}

/// Writes the thread-locals of a heap with a cache, by a macro of the runtime: only the runtime knows
/// whether there is std.
pub(crate) fn caches(
    name: &Ident,
    args: &Args,
    settings: &Settings,
    runtime: &Runtime<'_>,
) -> Option<TokenStream> {
    settings.cache?;
    let span =
        args.get(&CACHE).map_or(runtime.span, |entry| entry.span().resolved_at(runtime.span));
    let caches = match settings.export.item {
        "Malloc" => {
            let exported = runtime.item("exported", runtime.span);
            quote_spanned!(span=> #exported::caches)
        }
        _ if args.get(&CACHE).is_none() => runtime.item("caches_by_default", span),
        _ => runtime.item("caches", span),
    };
    Some(quote_spanned!(span=> #caches! { #name }))
}
