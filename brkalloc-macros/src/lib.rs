//! The attribute `#[brk_heap]` of the `brkalloc` crate: options in, one type and one static out.
//!
//! Use it through `brkalloc`, which re-exports it. This crate parses, checks and writes code;
//! everything that runs lives in the runtime crate.
//!
//! The modules form a stack: each imports only modules below it, and a test holds them to this
//! list.
//!
//! ```text
//! expand       runs the steps, writes the static, emits every mistake
//! export       writes C's allocation functions
//! config       writes the configuration: `impl Config` and the items it needs
//! runtime      names the runtime's items, each at the place where rustc shall report it
//! rules        rejects options that do not go together
//! settings     fills in the defaults
//! presets      lists every preset, and fills in its options
//! args         parses the arguments
//! complaints   words the mistakes in one argument
//! hints        guesses the line that the user meant
//! value        reads one value: a word, a size or a path
//! options      lists every option, in one table
//! size         reads and shows sizes, and explains malformed ones
//! option       defines what an option is
//! item         parses the static
//! tokens       finds where values end, and shows tokens as typed
//! spelling     finds the nearest word
//! diag         builds error, help and note, and places them
//! ```
//!
//! Only this file touches `proc_macro`, so the tests run everything below it without a compiler.

#![forbid(unsafe_code)]

mod args;
mod complaints;
mod config;
mod diag;
mod expand;
mod export;
mod hints;
mod item;
mod option;
mod options;
mod presets;
mod rules;
mod runtime;
mod settings;
mod size;
mod spelling;
#[cfg(test)]
mod tests;
mod tokens;
mod value;

use proc_macro::TokenStream;

/// The README, so that its program is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[doc = include_str!("brk_heap.md")]
#[proc_macro_attribute]
pub fn brk_heap(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(arguments.into(), item.into()).into()
}
