//! The part of a heap's configuration that the arena reads.

use super::coalesce::Coalesce;
use super::counters::Counters;
use super::harden::{Level, Zero};
use super::index::Index;
use crate::diag::report::Named;

/// The options that decide how the arena places, checks and clears chunks.
///
/// Every [`Config`](crate::Config) implements it; nothing else does.
pub trait Params: Named {
    /// Which free chunk a request gets, where a freed chunk stands in the sequence, and how the
    /// heap finds either.
    type Index: Index;
    /// When free neighbors merge.
    type Coalesce: Coalesce;
    /// What the arena counts.
    type Counters: Counters;
    /// What the arena checks.
    type Harden: Level;
    /// What the arena clears.
    const ZERO: Zero;
    /// Whether the block freed last may wait for a request of its size.
    const MAY_WAIT: bool;
    /// Minimum growth step in bytes; 0 for a fixed arena.
    const GROW: usize;
    /// Bytes of dirty top beyond which pages go back to the system; `usize::MAX` for never.
    const TRIM: usize;
}
