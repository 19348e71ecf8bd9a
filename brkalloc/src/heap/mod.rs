//! Heaps as users have them.

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
