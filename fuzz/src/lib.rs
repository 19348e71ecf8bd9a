//! What is fuzzed: each target takes bytes, does what they say, and panics where the heap or the
//! attribute broke a promise.
//!
//! ```text
//!  bytes ─► input ─► core          the chunks of a slice, or of a window that grows, beside the model
//!                 ├► heap          whole heaps: caches, large mappings, contents
//!                 └► corruption    a heap in a child, a byte of it flipped; `map` says where one is
//!  bytes ─► text ──► attribute     the parser of the attribute
//!  bytes ─► file ─┬► trace         the reader of traces
//!                 └► imports       the readers of other tools' recordings
//! ```
//!
//! The programs in `targets` hand these functions to libFuzzer; `tests/corpus.rs` hands them what is
//! in `corpus`. Nothing here knows who calls.

pub mod attribute;
pub mod core;
pub mod corruption;
pub mod heap;
pub mod imports;
pub mod input;
pub mod map;
pub mod places;
pub mod trace;
