//! What an arena asks of its heap's configuration.

use super::coalesce::Coalesce;
use super::counters::Counters;
use super::harden::{Level, Zero};
use super::index::Index;
use crate::diag::report::Named;

/// The choices that decide how chunks are placed, checked and cleared.
///
/// Whoever implements [`Config`](crate::Config) has this: nobody implements it for itself.
pub trait Params: Named {
    /// Which free chunk is taken, where a freed one stands, and how either is found.
    type Index: Index;
    /// When free neighbors merge.
    type Coalesce: Coalesce;
    /// What is counted.
    type Counters: Counters;
    /// What is checked.
    type Harden: Level;
    /// What is cleared.
    const ZERO: Zero;
    /// Minimum growth step in bytes; 0 for a fixed arena.
    const GROW: usize;
    /// Bytes of dirty top beyond which pages go back to the system; `usize::MAX` for never.
    const TRIM: usize;
}
