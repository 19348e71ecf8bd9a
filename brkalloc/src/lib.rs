//! draft
#![no_std]
#![warn(missing_docs)]
#[cfg(test)]
extern crate std;


mod report;

#[cfg(feature = "allocator-api2")]
mod allocator;
mod brk_heap;
mod check;
mod chunk;
mod coalesce;
mod config;
mod configuration;
mod counters;
#[cfg(unix)]
mod errno;
mod fork;
mod heap;
mod index;
mod lock;
mod order;
mod policy;
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod serve;
mod size_class;
mod slice_heap;
mod source;
mod stats;
mod tag;
mod undeclared;

pub use brk_heap::BrkHeap;
pub use brkalloc_macros::brk_heap;
pub use check::Corruption;
pub use configuration::Configuration;
pub use counters::Operations;
pub use slice_heap::Heap;
pub use source::Origin;
pub use stats::{ChunkInfo, ChunkState, Stats};
