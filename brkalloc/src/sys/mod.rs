//! What heaps ask of the system: memory, locks, and a word before it forks.
//!
//! Neighbors: [`diag`](crate::diag) below; [`arena`](crate::arena) and [`layers`](crate::layers) above.

pub(crate) mod fork;
pub(crate) mod lock;
pub(crate) mod source;
