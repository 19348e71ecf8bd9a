//! The attribute `#[brk_heap]` of the `brkalloc` crate: options in, one type and one static out.
//!
//! Use it through `brkalloc`, which re-exports it. This crate parses, checks and writes code; all
//! that runs lies in the runtime crate.
//!
//! ```text
//! arguments ──► args ──► rules ──► settings ──► expand ──► mistakes, static, configuration
//! item ───────► item ──────────────────────────────┘
//! options, size, tokens, diag: what those four share
//! ```
//!
//! Only this file touches `proc_macro`, so everything below it is tested without a compiler.

#![forbid(unsafe_code)]

mod args;
mod diag;
mod expand;
mod item;
mod options;
mod rules;
mod settings;
mod size;
#[cfg(test)]
mod tests;
mod tokens;

use proc_macro::TokenStream;

/// Turns `static HEAP: BrkHeap;` into a heap with exactly what the options choose.
///
/// ```text
/// use brkalloc::{BrkHeap, brk_heap};
///
/// #[global_allocator]
/// #[brk_heap(arena = "64KiB", policy = "first_fit", order = "address")]
/// static HEAP: BrkHeap;
/// ```
///
/// The static has no initializer; the attribute supplies it. Attributes and visibility are kept.
/// `#[brk_heap]` alone is a sound, general-purpose heap.
///
/// # Options
///
/// Each may be given once; all have a default but `arena` with `source = "static"`.
///
/// | option | values | default | what it chooses |
/// |---|---|---|---|
/// | `source` | `"brk"` `"mmap"` `"static"` | `"brk"` | where the arena lies: from the program break on, in a mapping, or in an array of exactly `arena` bytes |
/// | `arena` | size | `"64KiB"`, at most `limit`; none with `source = "static"` | what the heap commits at its first allocation; for `"static"`, all it ever has |
/// | `grow` | size `"none"` | `"64KiB"`, at most `limit` and `trim` | the least by which the arena grows; `"none"` for a fixed arena |
/// | `limit` | size | the most the target allows | the most the arena may reach |
/// | `trim` | size `"never"` | the larger of `"1MiB"` and twice `grow` | when the dirty top exceeds this, pages go back to the system |
/// | `policy` | `"first_fit"` `"next_fit"` `"best_fit"` `"worst_fit"` `"segregated_fit"` | `"first_fit"` | which free chunk is taken |
/// | `order` | `"address"` `"lifo"` `"fifo"` | `"address"`; `"lifo"` for `segregated_fit` | where a freed chunk stands in the sequence |
/// | `index` | `"list"` `"tree"` | `"tree"` for address order, else `"list"` | how the chunk is found; never changes which |
/// | `coalesce` | `"immediate"` `"deferred"` `"never"` | `"immediate"` | when free neighbors merge |
/// | `cache` | size `"none"` | `"none"` | what each thread may keep of what it frees, out of the free chunks: the fast way |
/// | `lock` | `"os"` `"spin"` `"none"` the path of a `lock_api::RawMutex` | `"os"` on Unix, else `"spin"` | how threads share the heap; `"none"` must be written `unsafe(lock = "none")` |
/// | `harden` | `"none"` `"basic"` | `"basic"` | what is checked at run time |
/// | `stats` | `"counters"` `"none"` | `"none"` | operations are counted as well: searches, chunks visited |
/// | `crate` | path | `::brkalloc` | where the runtime is found, for crates that re-export it |
///
/// A *size* is a string such as `"64KiB"`, `"1 MiB"` or `"512B"`, or a number of bytes. The units
/// are `B`, `KiB`, `MiB`, `GiB` and `TiB`, powers of 1024.
///
/// # What does not go together
///
/// An option that would have no effect is an error, as is one that contradicts another. Only
/// what is written counts: defaults fit themselves to it.
///
/// - `grow`, `limit` and `trim` belong to an arena that grows: not with `source = "static"`, nor
///   `limit` and `trim` with `grow = "none"`. A heap with `coalesce = "never"` cannot `trim`.
/// - `arena` is at most `limit`, `grow` at most `limit`, `trim` at least `grow` and below `limit`;
///   `limit` is at most 64 GiB. An arena that begins as large as its limit takes no `grow`.
/// - `index = "tree"` needs address order; `policy = "segregated_fit"` has an index of its own.
/// - `lock = "none"` is `unsafe`: a static is shared by every thread of the program.
///
/// # What it expands to
///
/// The static above becomes the following, with absolute paths and without `unsafe` (but the user's
/// own around `lock = "none"`):
///
/// ```text
/// #[global_allocator]
/// static HEAP: BrkHeap<HEAP> = BrkHeap::__new();   // an ordinary static
/// enum HEAP {}                                     // a hidden type of the same name
/// const _: () = { impl Config for HEAP { … } };    // its configuration, and checks of the sizes
/// ```
///
/// # Errors
///
/// Every mistake in the attribute and the item is reported at once, each at what has to change and
/// with what to write there.
#[proc_macro_attribute]
pub fn brk_heap(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(arguments.into(), item.into()).into()
}
