//! One thread's heap over one window of memory.
//!
//! ```text
//!   heap     allocate, free, resize: the index, the top, growth          RawHeap
//!     │
//!   index    which free chunk; a list, a tree or bins                    List, Tree, Bins
//!     │        policy, order, placement: how it decides
//!   chunk    tags and links in memory                                    Window, Chunk
//!     │
//!   tag      a chunk's size and two flags, in one word                   Tag
//!
//!   params   the part of a configuration that the arena reads: policy and order, coalesce, harden, counters
//!   check, stats, counters, picture    what the arena reports about itself
//! ```
//!
//! On microcontrollers and in WebAssembly the arena is small rather than fast: see [`SMALL`]. The functions that
//! are out of line there name its condition.
//!
//! The arena knows neither threads nor layouts. Neighbors: [`sys`](crate::sys), which lends the
//! window, and [`diag`](crate::diag) below; [`layers`](crate::layers) above.

pub(crate) mod check;
pub(crate) mod chunk;
pub(crate) mod coalesce;
pub(crate) mod counters;
pub(crate) mod harden;
pub(crate) mod heap;
pub(crate) mod index;
pub(crate) mod order;
pub(crate) mod params;
pub(crate) mod picture;
pub(crate) mod placement;
pub(crate) mod policy;
pub(crate) mod size_class;
pub(crate) mod stats;
pub(crate) mod tag;

/// Whether the code is to be small rather than fast: on targets without a system, WebAssembly among them, or with `--cfg
/// brkalloc_small`, by which tests run it elsewhere. Which chunk a request gets is the same.
pub(crate) const SMALL: bool = cfg!(any(brkalloc_small, not(any(unix, windows))));
