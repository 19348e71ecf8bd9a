//! The attribute's own modules as a crate that a program can call: a crate of macros exports nothing
//! else.
//!
//! What they do with an attribute is shown as text and numbers. Nothing is parsed here.
#![forbid(unsafe_code)]
// A part of what each of them has is for the others, and for the tests of the macro's crate.
#![allow(dead_code, unfulfilled_lint_expectations)]

#[path = "../../../brkalloc-macros/src/args.rs"]
mod args;
#[path = "../../../brkalloc-macros/src/complaints.rs"]
mod complaints;
#[path = "../../../brkalloc-macros/src/config.rs"]
mod config;
#[path = "../../../brkalloc-macros/src/diag.rs"]
mod diag;
#[path = "../../../brkalloc-macros/src/expand.rs"]
mod expand;
#[path = "../../../brkalloc-macros/src/export.rs"]
mod export;
#[path = "../../../brkalloc-macros/src/hints.rs"]
mod hints;
#[path = "../../../brkalloc-macros/src/item.rs"]
mod item;
#[path = "../../../brkalloc-macros/src/option.rs"]
mod option;
#[path = "../../../brkalloc-macros/src/options.rs"]
mod options;
#[path = "../../../brkalloc-macros/src/presets.rs"]
mod presets;
#[path = "../../../brkalloc-macros/src/rules.rs"]
mod rules;
#[path = "../../../brkalloc-macros/src/runtime.rs"]
mod runtime;
#[path = "../../../brkalloc-macros/src/settings.rs"]
mod settings;
#[path = "../../../brkalloc-macros/src/size.rs"]
mod size;
#[path = "../../../brkalloc-macros/src/spelling.rs"]
mod spelling;
#[path = "../../../brkalloc-macros/src/tokens.rs"]
mod tokens;
#[path = "../../../brkalloc-macros/src/value.rs"]
mod value;

use diag::Sink;
use proc_macro2::TokenStream;

/// What became of one attribute.
#[derive(Debug)]
pub struct Outcome {
    /// What the macro would write.
    pub expansion: TokenStream,
    /// Each mistake: what it says, and what it underlines, as far as that is in the source.
    pub mistakes: Vec<(String, Option<String>)>,
    /// Each option that was understood to be a size: its value as it was written, and in bytes.
    pub sizes: Vec<(String, u64)>,
}

/// Reads `#[brk_heap(arguments)] item`.
#[must_use]
pub fn read(arguments: TokenStream, item: TokenStream) -> Outcome {
    let mut sink = Sink::default();
    let args = rules::understand(arguments.clone(), &mut sink);
    // What is no static is in the sink.
    let _ = item::HeapStatic::parse(item.clone(), &mut sink);
    let place = |mistake: &diag::Mistake| {
        mistake.start.join(mistake.end).and_then(|span| span.source_text())
    };
    let mistakes = sink.mistakes().iter().map(|it| (it.text.clone(), place(it))).collect();
    let sizes = args.entries().iter();
    let sizes = sizes.filter_map(|it| Some((it.tokens.to_string(), it.size()?))).collect();
    Outcome { expansion: expand::expand(arguments, item), mistakes, sizes }
}

/// Every word that the attribute knows: names of options, and their values as they are written.
pub fn words() -> impl Iterator<Item = String> {
    let values = |option: &'static option::HeapOption| {
        let words = option.words.iter().map(|word| format!("\"{}\"", word.text));
        words.chain([option.example.to_owned()])
    };
    options::ALL.iter().flat_map(move |it| core::iter::once(it.name.to_owned()).chain(values(it)))
}
