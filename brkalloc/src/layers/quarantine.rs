//! The quarantine: freed blocks that are not handed out again for a while.
//!
//! ```text
//!   first ──► block ──► block ──► … ──► block ◄── last        the oldest leaves first
//!             | next, layout, seal | pattern …… | record |
//! ```
//!
//! While a block is here, whoever frees it once more or writes into it is found: at once, or when the
//! block leaves. It is bounded in bytes as they were asked for; a block that is larger than all of it
//! passes through, and one whose size has more bits than its word has room for is not let in. Blocks in mappings of their own are not kept: they go back to the system, which
//! finds every access. To the heap below what is here is in use. This module knows no lock.

use super::Params;
use super::cached::object::{Object, Objects};
use crate::arena::tag::{GRANULE, MIN_GRANULES};
use core::alloc::Layout;
use core::fmt::Debug;
use core::ptr::NonNull;

/// Whether freed blocks are kept for a while.
///
/// Implemented by [`Unquarantined`] and [`Quarantined`] alone.
pub trait Quarantine: sealed::Sealed + Debug + Send + 'static {
    /// The most bytes that are kept; 0 for none.
    const BYTES: usize;
    /// Nothing kept.
    #[doc(hidden)]
    const NEW: Self;
    /// What is kept, if anything can be.
    #[doc(hidden)]
    fn queue(&mut self) -> Option<&mut Queue>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Unquarantined {}
    impl<const BYTES: usize> Sealed for super::Quarantined<BYTES> {}
}

/// What is freed may be handed out again at once.
#[derive(Debug)]
pub struct Unquarantined;

impl Quarantine for Unquarantined {
    const BYTES: usize = 0;
    const NEW: Self = Self;
    fn queue(&mut self) -> Option<&mut Queue> {
        None
    }
}

/// What is freed is kept, up to so many bytes.
#[derive(Debug)]
pub struct Quarantined<const BYTES: usize>(Queue);

impl<const BYTES: usize> Quarantine for Quarantined<BYTES> {
    const BYTES: usize = BYTES;
    const NEW: Self = Self(Queue { first: None, last: None, bytes: 0 });
    fn queue(&mut self) -> Option<&mut Queue> {
        Some(&mut self.0)
    }
}

/// Blocks in the order in which they were freed.
#[derive(Debug)]
pub struct Queue {
    first: Objects,
    last: Objects,
    bytes: usize,
}

// SAFETY: what lies in a queue is no thread's own.
unsafe impl Send for Queue {}

/// What is counted for a block of `size` bytes.
fn charge(size: usize) -> usize {
    size.max(MIN_GRANULES as usize * GRANULE)
}

/// Of a word that describes a layout, the bits of its alignment.
const ALIGN: u32 = 6;

/// A word that describes `layout`; `None` for a size with more bits than there is room for, which is
/// 64 MiB or more where a word has 32.
fn described(layout: Layout) -> Option<usize> {
    let size = layout.size() << ALIGN;
    let align = layout.align().trailing_zeros() as usize;
    (size >> ALIGN == layout.size()).then_some(size | align)
}

impl Queue {
    /// Lets a block in, behind all others; whether there is a word for its layout. If not, it is its
    /// caller's as before.
    ///
    /// # Safety
    ///
    /// The block was handed out for `layout` with room for links and their seal, and is nobody's.
    #[must_use]
    pub(crate) unsafe fn push<C: Params>(&mut self, block: NonNull<u8>, layout: Layout) -> bool {
        let Some(described) = described(layout) else { return false };
        // SAFETY: the caller vouches for the block.
        let block = unsafe { Object::new(block) };
        block.set_above::<C>(None, described);
        match self.last {
            Some(last) => last.set_next::<C>(Some(block)),
            None => self.first = Some(block),
        }
        self.last = Some(block);
        self.bytes += charge(layout.size());
        true
    }

    /// Lets the oldest block out, if more than `most` bytes are here, or any at all and `most` is 0; and
    /// what it was handed out for.
    pub(crate) fn pop<C: Params>(&mut self, most: usize) -> Option<(NonNull<u8>, Layout)> {
        if 0 < most && self.bytes <= most {
            return None;
        }
        let block = self.first?;
        let described = block.height::<C>();
        self.first = block.next::<C>();
        if self.first.is_none() {
            self.last = None;
        }
        let (size, align) = (described >> ALIGN, 1 << (described % (1 << ALIGN)));
        self.bytes = self.bytes.saturating_sub(charge(size));
        Some((block.payload(), Layout::from_size_align(size, align).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_describes_every_layout_whose_size_leaves_room_for_an_alignment() {
        let most = usize::MAX >> ALIGN;
        for size in [0, 1, 100, most - 1, most] {
            for align in [1, 16, 1 << 20] {
                let layout = Layout::from_size_align(size, align).expect("it is sound");
                let word = described(layout).expect("there is room");
                assert_eq!((word >> ALIGN, 1 << (word % (1 << ALIGN))), (size, align));
            }
        }
        for size in [most + 1, 2 * most, isize::MAX.unsigned_abs()] {
            let layout = Layout::from_size_align(size, 1).expect("it is sound");
            assert_eq!(described(layout), None, "{size}");
        }
    }
}
