//! Heaps as users have them.
//!
//! ```text
//!   BrkHeap    the static that the attribute makes        GlobalAlloc ─┐
//!   Heap       the same over a caller's bytes             methods     ─┤
//!   allocator  Allocator for references to both                       ─┼─► requests ─► layers
//!   malloc     C's functions over one BrkHeap                         ─┘
//!
//!   config          Config: every choice; what each lower room needs of it; Stack: the layers that follow
//!   configuration   the same as data that prints as an attribute
//!   undeclared, target    what is said where the attribute, or the target, lacks something
//! ```
//!
//! The highest room: the expansion of `#[brk_heap]` names it through `__private`. Neighbors:
//! [`layers`](crate::layers) and all rooms below.

#[cfg(feature = "allocator-api2")]
mod allocator;
pub(crate) mod brk_heap;
pub(crate) mod config;
pub(crate) mod configuration;
#[cfg(unix)]
pub(crate) mod malloc;
mod requests;
pub(crate) mod slice;
pub(crate) mod target;
pub(crate) mod undeclared;
