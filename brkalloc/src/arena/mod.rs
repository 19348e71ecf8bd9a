//! One thread's heap over one window of memory: chunks, and the index of those that are free.
//!
//! Neighbors: [`sys`](crate::sys) and [`diag`](crate::diag) below; [`layers`](crate::layers) above.

pub(crate) mod check;
pub(crate) mod chunk;
pub(crate) mod coalesce;
pub(crate) mod counters;
pub(crate) mod harden;
pub(crate) mod heap;
pub(crate) mod index;
pub(crate) mod order;
pub(crate) mod params;
pub(crate) mod policy;
pub(crate) mod size_class;
pub(crate) mod stats;
pub(crate) mod tag;
