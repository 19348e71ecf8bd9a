//! The workloads, by group, and the slots that many of them keep their blocks in.

pub mod hot;
pub mod live;
pub mod programs;
pub mod random_actions;
pub mod real;
pub mod threads;
pub mod traces;

use crate::block::Block;
use crate::table::Table;
use core::ops::{Deref, DerefMut};

/// Slots that are empty or have a block; the blocks are freed with the slots.
#[derive(Debug)]
pub(crate) struct Slots(Table<Option<Block>>);

impl Slots {
    /// Empty slots.
    pub(crate) fn empty(count: usize) -> Self {
        Self(Table::new(count, |_| None))
    }
}

impl Deref for Slots {
    type Target = [Option<Block>];

    #[inline]
    fn deref(&self) -> &[Option<Block>] {
        &self.0
    }
}

impl DerefMut for Slots {
    #[inline]
    fn deref_mut(&mut self) -> &mut [Option<Block>] {
        &mut self.0
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        self.iter_mut().filter_map(Option::take).for_each(Block::free);
    }
}
