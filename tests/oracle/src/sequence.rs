//! A sequence: free chunks in the order in which a policy looks at them, and a rover among them.
//!
//! The rover is a chunk of the sequence or the end. It is kept for every policy and asked for by
//! next fit alone. Which chunk is taken is not decided here.

use crate::choices::Order;
use std::collections::VecDeque;

/// A free chunk: the offset of its tag from the arena's base, and its size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Free {
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// Free chunks in order.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    order: Order,
    chunks: VecDeque<Free>,
    /// The offset of the rover's chunk; `None` is the end.
    rover: Option<u64>,
}

impl Sequence {
    /// A sequence of no chunks.
    pub(crate) fn new(order: Order) -> Self {
        Self { order, chunks: VecDeque::new(), rover: None }
    }

    /// The chunks from first to last.
    pub(crate) fn chunks(&self) -> &VecDeque<Free> {
        &self.chunks
    }

    /// The offset of the rover's chunk; `None` is the end.
    pub(crate) fn rover(&self) -> Option<u64> {
        self.rover
    }

    /// A newly freed chunk enters.
    pub(crate) fn enter(&mut self, chunk: Free) {
        match self.order {
            Order::Address => {
                let position = self.chunks.partition_point(|lower| lower.offset < chunk.offset);
                self.chunks.insert(position, chunk);
            }
            Order::Lifo => self.chunks.push_front(chunk),
            Order::Fifo => self.chunks.push_back(chunk),
        }
    }

    /// A chunk enters at the back, whatever the order: for the pass, which goes by address.
    pub(crate) fn append(&mut self, chunk: Free) {
        self.chunks.push_back(chunk);
    }

    /// Where the chunk at `offset` stands.
    pub(crate) fn position(&self, offset: u64) -> Option<usize> {
        match self.order {
            Order::Address => self.chunks.binary_search_by_key(&offset, |chunk| chunk.offset).ok(),
            Order::Lifo | Order::Fifo => self.chunks.iter().position(|c| c.offset == offset),
        }
    }

    /// The chunk at `position` leaves; `lower` takes its place and `upper` follows it. A rover
    /// there goes to `upper`, else to the follower that the chunk had.
    pub(crate) fn replace(&mut self, position: usize, lower: Option<Free>, upper: Option<Free>) {
        let follower = self.chunks.get(position + 1).map(|chunk| chunk.offset);
        let left = self.chunks.remove(position).expect("a chunk stands there");
        for piece in [upper, lower].into_iter().flatten() {
            self.chunks.insert(position, piece);
        }
        if self.rover == Some(left.offset) {
            self.rover = upper.map(|piece| piece.offset).or(follower);
        }
    }

    /// As [`replace`](Self::replace), for a chunk that a search took: the rover comes along,
    /// wherever it stood.
    pub(crate) fn take(&mut self, position: usize, lower: Option<Free>, upper: Option<Free>) {
        self.rover = Some(self.chunks[position].offset);
        self.replace(position, lower, upper);
    }
}
