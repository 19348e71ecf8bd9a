//! The quarantine: freed blocks wait here before the heap hands them out again.
//!
//! ```text
//!   first ──► block ──► block ──► … ──► block ◄── last        the oldest leaves first
//!             | next, layout, checksum | pattern …… | record |
//! ```
//!
//! A double free of a block in quarantine, or a write into it, is detected: at once, or when the
//! block leaves. The quarantine is bounded in bytes of the layouts asked for. A block larger than
//! this bound passes straight through. A block whose size has more bits than its word has room for
//! is not let in. Blocks with mappings of their own are not quarantined: they go back to the
//! system, which catches every access. To the heap below, quarantined blocks are in use. This
//! module takes no lock.

use super::Params;
use super::cached::object::{Object, Objects};
use crate::arena::tag::{GRANULE, MIN_GRANULES};
use core::alloc::Layout;
use core::fmt::Debug;
use core::ptr::NonNull;

/// Whether freed blocks wait in a quarantine.
///
/// Only [`Unquarantined`] and [`Quarantined`] implement it.
pub trait Quarantine: sealed::Sealed + Debug + Send + 'static {
    /// The most bytes that the quarantine holds; 0 for none.
    const BYTES: usize;
    /// An empty quarantine.
    #[doc(hidden)]
    const NEW: Self;
    /// The queue, if there is one.
    #[doc(hidden)]
    fn queue(&mut self) -> Option<&mut Queue>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Unquarantined {}
    impl<const BYTES: usize> Sealed for super::Quarantined<BYTES> {}
}

/// No quarantine: the heap may hand out a freed block again at once.
#[derive(Debug)]
pub struct Unquarantined;

impl Quarantine for Unquarantined {
    const BYTES: usize = 0;
    const NEW: Self = Self;
    fn queue(&mut self) -> Option<&mut Queue> {
        None
    }
}

/// A quarantine of up to `BYTES` bytes.
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

// SAFETY: the blocks in a queue belong to no thread.
unsafe impl Send for Queue {}

/// Returns the bytes that a block of `size` bytes counts for.
fn charge(size: usize) -> usize {
    size.max(MIN_GRANULES as usize * GRANULE)
}

/// The bits of a word that hold the alignment.
const ALIGN: u32 = 6;

/// Packs `layout` into a word. Returns `None` for a size with more bits than there is room for,
/// which is 64 MiB or more in a word of 32 bits.
fn described(layout: Layout) -> Option<usize> {
    let size = layout.size() << ALIGN;
    let align = layout.align().trailing_zeros() as usize;
    (size >> ALIGN == layout.size()).then_some(size | align)
}

impl Queue {
    /// Appends a block. Returns whether a word can describe its layout; if not, the block stays
    /// with the caller.
    ///
    /// # Safety
    ///
    /// The block was handed out for `layout`, has room for links and their checksum, and belongs to
    /// nobody.
    #[must_use]
    pub(crate) unsafe fn push<C: Params>(&mut self, block: NonNull<u8>, layout: Layout) -> bool {
        let Some(described) = described(layout) else { return false };
        // SAFETY: the caller guarantees that the block is in use.
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

    /// Removes the oldest block if the queue holds more than `most` bytes; where `most` is 0,
    /// removes it in any case. Returns the block and the layout it was handed out for.
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
