//! Large requests: a mapping each, beside the arena.
//!
//! ```text
//!   mapping │ … padding … │ bytes │ padding │ payload ………………………………………………… │
//!           ^ base        '--- header: 16 --'^ base + padding, aligned    ^ base + bytes
//! ```
//!
//! A request of `large` bytes or more never touches a chunk: it gets pages of its own, which grow and
//! shrink by moving page tables instead of bytes where the system can do that, and which go back to
//! it at once when they are freed. What a block is follows from its layout, and by the address alone
//! from where it lies: no mapping is in the arena. Fresh pages are zero, so they are not cleared.
//!
//! With `harden = "full"` a sealed note below the header says what was asked for, what is behind that
//! is canary, and an address is looked at by the system before it is read: a mapping that was given
//! back, or never was one, ends the program with a line.
//!
//! The heap's lock has no part in it. Nothing is kept in reserve.

mod block;

use super::{Base, Layer, Params, Resized};
use crate::arena::check::Corruption;
use crate::arena::chunk::Window;
use crate::arena::counters::Tally;
use crate::arena::index::GREATEST_ALIGNMENT;
use crate::arena::stats::Stats;
use crate::sys::source::Source;
use block::{Block, Header, padded};
use core::alloc::Layout;
use core::ptr::NonNull;

/// Whether large requests get mappings of their own, and the layer that this puts over those below
/// it.
///
/// Implemented by [`Unmapped`] and [`Mapped`] alone.
pub trait Large: sealed::Sealed + 'static {
    /// The least number of bytes of such a request; `None` where there are none.
    const LEAST: Option<usize>;
    /// `L`, with mappings if there are any.
    #[doc(hidden)]
    type Over<L: Layer>: Layer<Params = L::Params, Base = L::Base>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Unmapped {}
    impl<const LEAST: usize> Sealed for super::Mapped<LEAST> {}
}

/// Every request is the arena's.
#[derive(Debug)]
pub enum Unmapped {}

impl Large for Unmapped {
    const LEAST: Option<usize> = None;
    type Over<L: Layer> = L;
}

/// Requests of `LEAST` bytes or more get mappings.
#[derive(Debug)]
pub enum Mapped<const LEAST: usize> {}

impl<const LEAST: usize> Large for Mapped<LEAST> {
    const LEAST: Option<usize> = Some(LEAST);
    type Over<L: Layer> = Mapping<L, LEAST>;
}

/// The layer: requests of `LEAST` bytes or more get mappings, all others are those of `L`.
pub struct Mapping<L, const LEAST: usize> {
    next: L,
    /// Bytes in mappings now.
    mapped: Tally,
}

impl<L: Layer, const LEAST: usize> Mapping<L, LEAST> {
    /// Whether a block has a mapping of its own: by its layout, or, where that is not known or is to
    /// be checked, by its address.
    #[inline]
    fn has_mapping(block: NonNull<u8>, layout: Option<Layout>) -> bool {
        match layout {
            Some(layout) if !Window::<L::Params>::CHECKSUMMED => is_large::<LEAST>(layout),
            // A copy of a heap has its blocks, if it has any, from the one that it is a copy of.
            _ => !L::Params::base().chunks(|chunks| chunks.covers(block)),
        }
    }

    /// A block of zeros in a mapping of its own; none for a heap that is not the static.
    #[cold]
    fn map(&self, layout: Layout) -> Option<NonNull<u8>> {
        if GREATEST_ALIGNMENT < layout.align() || !self.base().is_home() {
            return None;
        }
        let block = Block::map::<L::Params>(layout)?;
        self.mapped.add(block.header.bytes);
        Some(block.payload)
    }

    /// Frees a mapping.
    ///
    /// # Safety
    ///
    /// As for [`Layer::free`]; the block has a mapping.
    #[cold]
    unsafe fn unmap(&self, block: NonNull<u8>, layout: Option<Layout>) {
        // SAFETY: the caller vouches for the block.
        let block = unsafe { Block::at::<L::Params>(block) };
        block.verify::<L::Params>(layout);
        self.mapped.add(block.header.bytes.wrapping_neg());
        // SAFETY: by the invariant the mapping is nobody else's, and the caller gives it up.
        unsafe { SourceOf::<L>::unmap(block.base(), block.header.bytes) };
    }

    /// The block at another size, with its bytes up to the lesser of both; `None`, with the block as
    /// it was, where the system does not move pages.
    ///
    /// # Safety
    ///
    /// As for [`Layer::resize`]; the block has a mapping.
    #[cold]
    unsafe fn remap(
        &self,
        block: NonNull<u8>,
        layout: Option<Layout>,
        wanted: Layout,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller vouches for the block.
        let block = unsafe { Block::at::<L::Params>(block) };
        block.verify::<L::Params>(layout);
        let page = SourceOf::<L>::page_size();
        let Header { bytes, padding } = block.header;
        let size = padded::<L::Params>(wanted.size())?;
        let needed = padding.checked_add(size)?.checked_next_multiple_of(page)?;
        if needed == bytes {
            block.arm::<L::Params>(wanted);
            return Some(block.payload);
        }
        // Pages keep alignments up to a page wherever they move.
        let may_move = wanted.align() <= page;
        // SAFETY: by the invariant the mapping is as large and the caller's.
        let base = unsafe { SourceOf::<L>::remap(block.base(), bytes, needed, may_move) }?;
        self.mapped.add(needed.wrapping_sub(bytes));
        // SAFETY: the payload lies as far above the base as before.
        let payload = unsafe { base.byte_add(padding) };
        let block = Block::new(payload, Header { bytes: needed, padding });
        block.arm::<L::Params>(wanted);
        Some(block.payload)
    }
}

type SourceOf<L> = <<L as Layer>::Params as Params>::Source;

/// Whether a request gets a mapping.
#[inline]
const fn is_large<const LEAST: usize>(layout: Layout) -> bool {
    LEAST <= layout.size()
}

// SAFETY: a block lies in a mapping that is its own, above the header, or is one of the layer below.
unsafe impl<L: Layer, const LEAST: usize> Layer for Mapping<L, LEAST> {
    type Params = L::Params;
    type Base = L::Base;
    const NEW: Self = Self { next: L::NEW, mapped: Tally::NEW };

    #[inline]
    fn base(&self) -> &L::Base {
        self.next.base()
    }

    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if is_large::<LEAST>(layout) { self.map(layout) } else { self.next.allocate(layout) }
    }

    #[inline]
    fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        if is_large::<LEAST>(layout) { self.map(layout) } else { self.next.allocate_zeroed(layout) }
    }

    #[inline]
    unsafe fn free(&self, block: NonNull<u8>, layout: Option<Layout>) {
        if Self::has_mapping(block, layout) {
            // SAFETY: the caller vouches for the block, which has a mapping.
            return unsafe { self.unmap(block, layout) };
        }
        // SAFETY: the caller vouches for the block, which is the layer's below.
        unsafe { self.next.free(block, layout) };
    }

    #[inline]
    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Option<Layout>,
        wanted: Layout,
    ) -> Option<Resized> {
        match (Self::has_mapping(block, layout), is_large::<LEAST>(wanted)) {
            // SAFETY: the caller vouches for the block, which is the layer's below.
            (false, false) => unsafe { self.next.resize(block, layout, wanted) },
            (true, true) => {
                // SAFETY: the caller vouches for the block, which has a mapping.
                let moved = unsafe { self.remap(block, layout, wanted) }.map(Resized::InPlace);
                moved.or_else(|| self.map(wanted).map(Resized::Elsewhere))
            }
            _ => self.allocate(wanted).map(Resized::Elsewhere),
        }
    }

    #[inline]
    unsafe fn usable_size(&self, block: NonNull<u8>, layout: Option<Layout>) -> usize {
        if Self::has_mapping(block, layout) {
            // SAFETY: the caller vouches for the block, which has a mapping.
            let block = unsafe { Block::at::<L::Params>(block) };
            let room = block.header.bytes - block.header.padding;
            return block.verify::<L::Params>(layout).map_or(room, |layout| layout.size());
        }
        // SAFETY: the caller vouches for the block, which is the layer's below.
        unsafe { self.next.usable_size(block, layout) }
    }

    fn check(&self) -> Result<(), Corruption> {
        self.next.check()
    }

    fn flush(&self) {
        self.next.flush();
    }

    fn report(&self, stats: &mut Stats) {
        stats.mapped = Some(self.mapped.get());
        self.next.report(stats);
    }
}
