//! Tests without a compiler: text in, the expansion or the messages out.
//!
//! The tests parse attributes from text, so that every message has a place and a test can check
//! what rustc would underline.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes snapshots with them")]

mod documentation;
mod expansions;
mod guesses;
mod hints;
mod holes;
mod hygiene;
mod items;
mod literals;
mod messages;
mod options;
mod parts;
mod presets;
mod rules;
mod sizes;
mod soup;
mod stack;

use crate::diag::{Mistake, Sink};
use crate::expand::expand;
use crate::item::HeapStatic;
use crate::option::HeapOption;
use crate::options::{PLACEMENT, QUARANTINE};
use crate::rules::understand;
use proc_macro2::{TokenStream, TokenTree};

/// A valid static.
const HEAP: &str = "static HEAP: BrkHeap;";

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("`{text}` has no tokens: {error}"))
}

/// Returns the option that another one needs beside it, to have effect or to have its first default.
fn beside(option: &HeapOption) -> &'static str {
    let is_placement = PLACEMENT.iter().any(|it| it.name == option.name);
    if option.name == QUARANTINE.name {
        "harden = \"full\", "
    } else if is_placement {
        "cache = \"none\", "
    } else {
        ""
    }
}

/// Expands `#[brk_heap(arguments)] item`.
fn expanded(arguments: &str, item: &str) -> TokenStream {
    expand(tokens(arguments), tokens(item))
}

/// Expands and formats, as rustfmt would.
fn formatted(arguments: &str, item: &str) -> String {
    let file = syn::parse2(expanded(arguments, item)).expect("the expansion is Rust");
    prettyplease::unparse(&file)
}

/// Returns every mistake of an attribute and its item, each with the text that it underlines.
fn mistakes_of(arguments: &str, item: &str) -> String {
    let mut sink = Sink::default();
    understand(tokens(arguments), &mut sink);
    // The sink has the message about an item that is not a static.
    let _ = HeapStatic::parse(tokens(item), &mut sink);
    let shown = |Mistake { text, start, end }: &Mistake| {
        let place = start.join(*end).and_then(|span| span.source_text()).unwrap_or_default();
        format!("error: {text}\n  --> {place}\n")
    };
    sink.mistakes().iter().map(shown).collect()
}

/// Returns every mistake of `#[brk_heap(arguments)] static HEAP: BrkHeap;`.
fn mistakes(arguments: &str) -> String {
    mistakes_of(arguments, HEAP)
}

/// Returns the first line of each mistake, without its place.
fn headlines(arguments: &str) -> Vec<String> {
    let lines = mistakes(arguments);
    lines.lines().filter_map(|line| line.strip_prefix("error: ")).map(str::to_owned).collect()
}

/// Calls `visit` with each token, the groups' own tokens included.
fn walk(stream: TokenStream, visit: &mut impl FnMut(&TokenTree)) {
    for token in stream {
        visit(&token);
        if let TokenTree::Group(group) = token {
            walk(group.stream(), visit);
        }
    }
}
