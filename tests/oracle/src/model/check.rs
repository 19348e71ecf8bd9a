//! The model's check of itself: chunks tile the arena, and the free ones are those of the
//! sequences.
//!
//! It says what must hold after every operation, whatever the policy, and nothing about which chunk
//! was right to take.

use super::{Chunk, GRANULE, LEAST, Model, State, WORD};
use crate::choices::{Coalesce, Order, Policy};
use std::collections::BTreeMap;

impl Model {
    /// Walks everything and names the first thing that is not as it should be.
    ///
    /// # Errors
    ///
    /// A sentence about it.
    pub fn check(&self) -> Result<(), String> {
        self.check_chunks()?;
        self.check_sequences()
    }

    fn check_chunks(&self) -> Result<(), String> {
        let mut expected = None;
        let mut below_is_free = false;
        for Chunk { offset, size, state } in self.chunks() {
            if expected.is_some_and(|expected| expected != offset) {
                return Err(format!("the chunk at {offset} does not follow the one below"));
            }
            if (self.setup.base + offset + WORD) % GRANULE != 0 {
                return Err(format!("the payload of the chunk at {offset} is not aligned"));
            }
            if size % GRANULE != 0 || (state != State::Top && size < LEAST) {
                return Err(format!("the chunk at {offset} has {size} bytes"));
            }
            let is_free = state != State::Used;
            if self.setup.coalesce == Coalesce::Immediate && is_free && below_is_free {
                return Err(format!("the chunk at {offset} and the one below are both free"));
            }
            below_is_free = is_free;
            expected = Some(offset + size);
        }
        if expected != self.end().filter(|_| self.is_tagged()) {
            return Err(format!("the chunks end at {expected:?}, the arena at {:?}", self.end()));
        }
        Ok(())
    }

    fn check_sequences(&self) -> Result<(), String> {
        let mut in_sequence = BTreeMap::new();
        for (&class, sequence) in &self.sequences {
            let chunks = sequence.chunks();
            for chunk in chunks {
                if in_sequence.insert(chunk.offset, chunk.size).is_some() {
                    return Err(format!("the chunk at {} stands twice", chunk.offset));
                }
                let expected = match self.setup.policy {
                    Policy::SegregatedFit => Self::class(chunk.size),
                    _ => 0,
                };
                if class != expected {
                    return Err(format!("the chunk at {} is in class {class}", chunk.offset));
                }
            }
            if self.setup.order == Order::Address && !chunks.iter().is_sorted_by_key(|c| c.offset) {
                return Err(format!("class {class} is not in address order"));
            }
            if sequence.rover().is_some_and(|rover| sequence.position(rover).is_none()) {
                return Err(format!("the rover of class {class} stands at no chunk"));
            }
        }
        let free = self.chunks.iter().filter(|(_, (_, used))| !used);
        if free.map(|(offset, (size, _))| (offset, size)).eq(&in_sequence) {
            Ok(())
        } else {
            Err("the free chunks are not those of the sequence".into())
        }
    }
}
