//! The attribute `#[brk_heap]` of the `brkalloc` crate: options in, one type and one static out.
//!
//! Use it through `brkalloc`, which re-exports it. This crate parses, checks and writes code; all
//! that runs lies in the runtime crate.
//!
//! ```text
//! arguments ──► args ──► rules ──► settings ──► expand ──► mistakes, static, configuration
//! item ───────► item ──────────────────────────────┘
//! options, size, tokens, hints, diag: what those four share
//! ```
//!
//! Only this file touches `proc_macro`, so everything below it is tested without a compiler.

#![forbid(unsafe_code)]

mod args;
mod diag;
mod expand;
mod hints;
mod item;
mod options;
mod rules;
mod settings;
mod size;
#[cfg(test)]
mod tests;
mod tokens;

use proc_macro::TokenStream;

#[doc = include_str!("brk_heap.md")]
#[proc_macro_attribute]
pub fn brk_heap(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(arguments.into(), item.into()).into()
}
