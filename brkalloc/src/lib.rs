//! Allocators made by one attribute.
//!
//! `#[brk_heap]` on a static decides where memory comes from, which free chunk a request gets, how
//! the heap keeps free chunks, how threads share it, and what it checks. The static is then a
//! [`GlobalAlloc`](core::alloc::GlobalAlloc) that contains exactly that.
//!
//! # A whole program
//!
//! ```
//! use brkalloc::{BrkHeap, ChunkState, brk_heap};
//!
//! #[global_allocator]
//! #[brk_heap(arena = "64KiB", policy = "best_fit", stats = "counters")]
//! static HEAP: BrkHeap;
//!
//! fn main() {
//!     let mut words: Vec<String> = (0..100).map(|number| format!("word {number}")).collect();
//!     words.retain(|word| word.ends_with('7'));
//!
//!     // The closure runs under the heap's lock, so it must not allocate from the heap.
//!     let (stats, mut used) = (HEAP.stats(), 0);
//!     HEAP.for_each_chunk(|chunk| used += usize::from(chunk.state == ChunkState::Used));
//!     assert_eq!(used, stats.chunks - stats.free_chunks);
//!
//!     println!("{}", HEAP.config());
//!     println!("{} bytes in use, {} in free chunks", stats.in_use, stats.free);
//!     assert_eq!(HEAP.check(), Ok(()));
//! }
//! ```
//!
//! [`macro@brk_heap`] has the table of options. [`BrkHeap`] is the static's type. [`Heap`] is the
//! same heap over bytes that a caller lends, made and dropped like any value.
//!
//! # Design principles
//!
//! - *The configuration is a type.* The compiler knows every option. Options you don't select cost
//!   nothing: no branch, no byte and no symbol. There are no environment variables, and the
//!   attribute refuses options without effect.
//! - *An arena is one contiguous window.* A chunk's name is its distance from the base, so a link
//!   takes four bytes and a free chunk of 32 bytes holds four of them.
//! - *Policy and index are separate.* Only `policy`, `order` and `coalesce` decide addresses.
//!   `index` only decides how fast: list and tree return the same address for each request. A policy
//!   of your own is a [`Placement`], by its path.
//! - *A failed allocation is null, and corruption is one line.* Nothing on the paths of allocating
//!   and freeing panics, prints through std or allocates. A misuse that `harden` detects ends the
//!   process with a line on standard error.
//! - *No safe code makes it unsound.* A configuration written by hand, or a copy of a heap, serves
//!   memory of its own or none. A lock that does not lock must be written `unsafe(lock = "none")`,
//!   and memory that only a linker script knows `unsafe(source = "linker")`.
//! - *The heap can show itself.* [`BrkHeap::config`] returns the options, [`BrkHeap::stats`] and
//!   [`BrkHeap::for_each_chunk`] its state, and [`BrkHeap::check`] whether every invariant holds.
//!   [`BrkHeap::picture`] draws it.
//!
//! # An arena
//!
//! ```text
//!   base                                                  high water         committed           reserved
//!   |                                                     v                  v                   v
//!   |  |tag| used |tag| free |tag| used |tag| used |tag|  top: free   |tag|  room                |
//!      '------ chunks, in multiples of 16 bytes --------------------' end    cannot be accessed yet
//!
//!   a used chunk   | tag | payload ....................... |
//!   a free chunk   | tag | four links | ........... | size |
//! ```
//!
//! A tag is one word: the chunk's size, whether it is in use, and whether the one below is. A free
//! chunk repeats its size at its upper end, so that each neighbor is one step away (Knuth 1973).
//! The *top* is the last chunk. A request gets a free chunk below it, else a part of the top, else
//! a part of a top that has grown into the room.
//!
//! # When not to use it
//!
//! - Without `cache`, many threads that allocate all the time wait for one lock per heap, and very
//!   many objects of a few bytes take at least 32 each, their tags included (24 on microcontrollers of
//!   32 bits, where chunks are multiples of 8 bytes).
//! - A heap of more than 64 GiB.
//! - As a defense: `harden` detects accidents, not attacks.
//! - A heap that grows needs a Unix, Windows, or the memory of a WebAssembly instance. Elsewhere there are `source = "static"`, `"slice"` and `"linker"`, and
//!   [`Heap`].
//!
//! # Features
//!
//! - `std`, on by default: on Unix and Windows, `cache` finds each thread's cache by std's thread-locals. A
//!   program without std there turns it off. On other targets it does nothing.
//!
//! - `allocator-api2`, off by default: `&BrkHeap` and `&Heap` are an `Allocator` of the
//!   [allocator-api2](https://docs.rs/allocator-api2) crate, so that a collection can live on a
//!   heap of its own.
//!
//! - `critical-section`, off by default: `lock = "critical_section"`, for heaps that interrupts use, by the
//!   [crate of that name](https://docs.rs/critical-section).
//!
//! - `watch`, off by default: the heap makes sanitizer annotations, so that valgrind detects
//!   accesses to freed memory and past the end of a block; with `--cfg brkalloc_asan`,
//!   `AddressSanitizer` does instead. Every `realloc` moves then. It is for test runs; a release
//!   build has no use for it.
//!
//! Without `watch`, no feature changes what a heap does.
//!
//! The README has examples to run, what each policy is good for, and figures. ARCHITECTURE.md is
//! the map of the code; SECURITY.md says what each level of `harden` finds. The package contains
//! all three.
#![no_std]
#![warn(missing_docs)]
#![expect(
    clippy::inline_always,
    reason = "a request is one straight path, on which a call costs as much as its work"
)]
#[cfg(test)]
extern crate std;

/// The README, so that its programs are compiled and run.
#[cfg(all(doctest, feature = "allocator-api2"))]
#[doc = include_str!("../README.md")]
#[derive(Debug)]
pub struct Readme;

/// The pages of `docs` with programs, likewise.
#[cfg(all(doctest, feature = "allocator-api2"))]
pub mod pages {
    #[doc = include_str!("../docs/bare-metal.md")]
    #[derive(Debug)]
    pub struct BareMetal;
    #[doc = include_str!("../docs/c-programs.md")]
    #[derive(Debug)]
    pub struct CPrograms;
    #[doc = include_str!("../docs/cache.md")]
    #[derive(Debug)]
    pub struct TheCache;
    #[doc = include_str!("../docs/own-policy.md")]
    #[derive(Debug)]
    pub struct OwnPolicy;
    #[doc = include_str!("../docs/policies.md")]
    #[derive(Debug)]
    pub struct Policies;
}

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod arena;
mod diag;
mod heap;
mod layers;
mod sys;

pub use arena::check::Corruption;
pub use arena::counters::Operations;
pub use arena::harden::{Harden, Zero};
pub use arena::index::Request;
pub use arena::picture::Picture;
pub use arena::placement::{Candidate, Placement};
pub use arena::stats::{ChunkInfo, ChunkState, Stats};
pub use brkalloc_macros::brk_heap;
pub use heap::brk_heap::BrkHeap;
pub use heap::config::{Config, Export};
pub use heap::configuration::Configuration;
pub use heap::init::InitError;
pub use heap::slice::Heap;
pub use sys::source::Origin;
