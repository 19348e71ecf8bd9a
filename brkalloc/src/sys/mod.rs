//! The system's side of a heap: memory, mutual exclusion, and `fork`.
//!
//! ```text
//!   source   a window of memory: behind the break, a mapping, an array, a slice     Source
//!   lock     one thread at a time                                                   Lock, Guarded
//!   fork     every shared heap is locked across `fork`                              Hold
//!   clock    the time, coarse
//!   thread   which thread this is, and whether another still exists
//! ```
//!
//! This room knows no chunks. Neighbors: [`diag`](crate::diag) below; [`arena`](crate::arena) and
//! [`layers`](crate::layers) above.

pub(crate) mod clock;
pub(crate) mod fork;
pub(crate) mod lock;
pub(crate) mod source;
pub(crate) mod thread;
