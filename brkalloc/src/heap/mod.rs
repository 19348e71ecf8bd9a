//! The heaps that users see.
//!
//! ```text
//!   BrkHeap    the static that the attribute makes        GlobalAlloc ─┐
//!   Heap       a heap over a caller's bytes               methods     ─┤
//!   allocator  Allocator for references to both                       ─┼─► requests ─► layers
//!   malloc     C's functions over one BrkHeap                         ─┘
//!   init       memory that the program finds at run time, for one BrkHeap
//!
//!   config          Config: every option; the part that each lower room reads
//!   configuration   the options as data that prints as an attribute
//!   undeclared, target    errors where the attribute, or something of the target, is missing
//! ```
//!
//! The highest room: the expansion of `#[brk_heap]` names it through `__private`. Neighbors:
//! [`layers`](crate::layers) and all rooms below.

#[cfg(feature = "allocator-api2")]
mod allocator;
pub(crate) mod brk_heap;
pub(crate) mod config;
pub(crate) mod configuration;
pub(crate) mod init;
#[cfg(unix)]
pub(crate) mod malloc;
mod requests;
pub(crate) mod slice;
pub(crate) mod target;
pub(crate) mod undeclared;
