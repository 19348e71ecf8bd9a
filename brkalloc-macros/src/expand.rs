//! Writes the expansion: the static, its configuration, and every mistake.
//!
//! ```text
//! pub static HEAP: ::brkalloc::BrkHeap<HEAP> = …;    the user's static
//! pub enum HEAP {}                                   its configuration, a type of the same name
//! const _: () = { … };                               `impl Config`, and the checks
//! ```
//!
//! All paths are absolute, so names in the user's module cannot capture them. No lint is allowed here:
//! a crate may forbid it, and none reports what has the macro's own place. The only `unsafe` is
//! the user's own, because `#![forbid(unsafe_code)]` would not see one that comes from a macro; or it
//! stands beside the user's `link_section`, which that lint sees.
//! (The functions of `export` need `unsafe`; that module makes the lint see it.) After a mistake,
//! the expansion has the least heap, so that rustc reports nothing else.
//!
//! A macro runs on the host, so constant functions of the runtime check whatever depends on the
//! target. The expansion calls them at the place of the size.

use crate::args::{Args, Entry};
use crate::config;
use crate::diag::Sink;
use crate::export;
use crate::item::HeapStatic;
use crate::options::{ARENA, CACHE, CACHE_TOTAL, CRATE, GROW, LARGE, LIMIT, QUARANTINE, TRIM};
use crate::rules;
use crate::runtime::{Runtime, number, start_of};
use crate::settings::{Lock, Settings};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;

/// Expands `#[brk_heap(arguments)] item`.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let args = rules::understand(arguments, &mut sink);
    let parsed = HeapStatic::parse(item, &mut sink);
    let is_sound = sink.is_empty();
    let item = match parsed {
        Ok(item) => heap(&item, &args, is_sound),
        Err(instead) => instead,
    };
    let mistakes = sink.mistakes();
    quote!(#(#mistakes)* #item)
}

/// Writes the static and its configuration; the least configuration, unless the attribute `is_sound`.
fn heap(item: &HeapStatic, args: &Args, is_sound: bool) -> TokenStream {
    let runtime = Runtime::new(args);
    let settings = if is_sound { Settings::new(args) } else { Settings::after_mistakes() };
    let HeapStatic { attributes, visibility, keyword, name, declared, .. } = item;
    let brk_heap = runtime.heap();
    let names = names(args, &runtime);
    let checks = if is_sound { checks(args, &runtime) } else { TokenStream::new() };
    let requirements = is_sound.then(|| requirements(args, &settings, &runtime));
    let implementation = config::implementation(item, args, &settings, &runtime);
    let storage = config::storage(item, &settings, &runtime);
    let script = config::script(name, &settings, &runtime);
    let section = (!settings.is_static()).then_some(&item.section);
    let caches = config::caches(name, args, &settings, &runtime);
    let policy_path = config::policy_path(name, &settings, &runtime);
    let lock_path = config::lock_path(name, &settings, &runtime);
    let documentation = is_sound.then(|| documentation(args, &settings));
    let functions = export::functions(item, &settings, &runtime);
    let is_typed = !declared.is_empty();
    let start = start_of(declared);
    let end = quote_spanned!(name.span()=> ;);
    let function = runtime.item("declared", start);
    let declared = is_typed.then(|| quote_spanned!(start=> #function::<#declared>();));
    let (hidden_visibility, hidden) = (unlinted(visibility), unlinted_name(name));
    quote! {
        #attributes
        #section
        #documentation
        #visibility #keyword #name: #brk_heap<#name> = #brk_heap::__new() #end
        #[doc(hidden)]
        #[non_exhaustive]
        #hidden_visibility enum #hidden {}
        const _: () = {
            #names
            #declared
            #checks
            #requirements
            #implementation
            #policy_path
            #lock_path
            #storage
            #script
            #caches
            #functions
        };
    }
}

/// Writes the static's documentation, which follows the user's own: every option that has effect,
/// its value, and whether the attribute or the default set it.
fn documentation(args: &Args, settings: &Settings) -> TokenStream {
    let mut text = String::from(
        "\nA heap that `#[brk_heap]` configured:\n\n| option | value | set by |\n|---|---|---|\n",
    );
    for (option, value) in settings.values() {
        let from = args.get(option).map_or("default", |entry| match entry.preset {
            Some(_) => "preset",
            None => "attribute",
        });
        text.extend(["| `", option.name, "` | ", &value, " | ", from, " |\n"]);
    }
    quote!(#[doc = #text])
}

/// Names the written options as types, for hover and go-to-definition in editors.
fn names(args: &Args, runtime: &Runtime<'_>) -> Option<TokenStream> {
    let is_written = |entry: &&Entry| entry.preset.is_none() && entry.option.name != CRATE.name;
    let written = args.entries().iter().filter(is_written);
    let item = |name| runtime.item(name, runtime.span);
    let (named, options) = (item("named"), item("options"));
    let words: Vec<Ident> = written.map(|entry| entry.name.unraw()).collect();
    (!words.is_empty()).then(|| quote!(#named::<(#(#options::#words,)*)>();))
}

/// Writes the checks of each size that depend on the target, at the place of the size.
fn checks(args: &Args, runtime: &Runtime<'_>) -> TokenStream {
    let check = |option| {
        let entry: &Entry = args.get(option)?;
        let (size, span) = (entry.size()?, entry.span());
        let check = runtime.item(&format!("check_{}", entry.option.name), span);
        let size = number(size, span);
        // The parentheses have the place of the size, so rustc reports the whole call there.
        Some(quote_spanned!(span=> const _: () = (#check)(#size);))
    };
    [&ARENA, &LIMIT, &GROW, &TRIM, &LARGE, &CACHE, &CACHE_TOTAL, &QUARANTINE]
        .into_iter()
        .filter_map(check)
        .collect()
}

/// Writes the checks that the target supports the source and the lock, at the place of each word.
fn requirements(args: &Args, settings: &Settings, runtime: &Runtime<'_>) -> TokenStream {
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
    let of_source = (!settings.is_given())
        .then(|| require("require_source", source.span, &[source_text, lock_text]));
    let of_lock = lock.map(|(lock, span)| require("require_lock", span, &[source_text, lock]));
    let of_record = settings.record.as_ref().map(|(_, span)| require("require_record", *span, &[]));
    // A default of either is left out where the target lacks it.
    let of_size = |option, name| {
        let entry: &Entry = args.get(option)?;
        entry.size().map(|_| require(name, entry.span(), &[]))
    };
    let of_large = of_size(&LARGE, "require_large");
    let of_cache = of_size(&CACHE, "require_cache");
    quote!(#of_source #of_lock #of_large #of_cache #of_record)
}

/// Keeps the name's place, but makes it the macro's own, so that no lint reports the hidden type.
fn unlinted_name(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(name.span().resolved_at(Span::call_site()));
    name
}

/// Keeps the tokens' places, but makes them the macro's own.
fn unlinted(tokens: &TokenStream) -> TokenStream {
    let macro_span = |mut token: TokenTree| {
        token.set_span(token.span().resolved_at(Span::call_site()));
        token
    };
    tokens.clone().into_iter().map(macro_span).collect()
}
