//! Bytes read as operations: the same type that the law and the model work on.
//!
//! ```text
//!   | kind, and how to read it | size | more of either … |      one operation: two bytes at the least
//!    7   5 4   2 1   0
//!   | align | scale | kind |        kind: 0 and 1 allocate, 2 frees, 3 reallocates
//! ```
//!
//! Every sequence of bytes means something, so that whatever a fuzzer cuts or joins stays an input;
//! what lies behind the end reads as zeros. A slot is one byte, which names all of those that live
//! as long as they are few. This module serves no heap.

use brkalloc_oracle::cases::{Case, Operation};

/// Bytes not yet read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a>(pub &'a [u8]);

impl Input<'_> {
    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte; 0 behind the end.
    pub fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    /// The next two bytes.
    pub fn pair(&mut self) -> usize {
        self.byte() | self.byte() << 8
    }

    /// The next operation.
    pub fn operation(&mut self) -> Operation {
        let head = self.byte();
        let (kind, scale, align) = (head & 3, head >> 2 & 7, head >> 5);
        match kind {
            0 | 1 => Operation::Allocate { size: self.size(scale), align: self.align(align) },
            2 => Operation::Free { slot: self.slot(scale) },
            _ => Operation::Reallocate { slot: self.slot(align), size: self.size(scale) },
        }
    }

    fn size(&mut self, scale: usize) -> usize {
        // With every alignment these round up within `isize`.
        const RARE: [usize; 8] =
            [0, 1 << 20, 1 << 30, 1 << 35, (1 << 36) - 8, 1 << 36, 1 << 40, (1 << 63) - (1 << 30)];
        let byte = self.byte();
        match scale {
            0 | 1 => byte,
            2 => byte * 4 + 1,
            3 => byte * 16,
            4 => byte * 64 + 8,
            5 => byte << 8,
            6 => byte << 10,
            _ if byte < 0x80 => byte << 12,
            _ => RARE[byte % RARE.len()],
        }
    }

    fn align(&mut self, way: usize) -> usize {
        match way {
            0..3 => 16,
            3 => 1,
            4 => 8,
            5 => 32,
            6 => 64,
            _ => 1 << (self.byte() % 31),
        }
    }

    /// One of those that have lived the longest, or one by its number.
    fn slot(&mut self, way: usize) -> usize {
        if way == 0 { 0 } else { self.byte() }
    }

    /// An arena, and what happens in it: all that is left.
    pub fn case(&mut self) -> Case {
        const PAGE: usize = 4096;
        let head = self.byte();
        let mut case = if head & 1 == 0 {
            let shift = if head & 2 == 0 { 0 } else { self.pair() % PAGE };
            let most = [256, 4 << 10, 64 << 10][(head >> 2) % 3];
            let arena = self.pair() % (most + 1);
            Case { shift, arena, grow: None, limit: None, operations: Vec::new() }
        } else {
            let arena = ((head >> 1) % 16 + 1) * PAGE;
            let limit = arena + self.byte() % 33 * PAGE;
            let grow = Some(crate::core::GROW);
            Case { shift: 0, arena, grow, limit: Some(limit), operations: Vec::new() }
        };
        while !self.is_empty() {
            case.operations.push(self.operation());
        }
        case
    }
}
