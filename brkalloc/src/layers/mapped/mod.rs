//! Large requests: each gets a mapping of its own, beside the arena.
//!
//! ```text
//!   mapping │ … padding … │ bytes │ padding │ payload ………………………………………………… │
//!           ^ base        '--- header: 16 --'^ base + padding, aligned    ^ base + bytes
//! ```
//!
//! A request of `large` bytes or more never touches a chunk. It gets pages of its own. Where the
//! system can, it grows and shrinks them by moving page tables instead of bytes. Freed pages go
//! back to the system at once. The layout tells whether a block has a mapping; so does its address,
//! because no mapping lies in the arena. Fresh pages are zero, so nobody clears them.
//!
//! With `harden = "full"` a note below the header holds the layout asked for, under a checksum, and
//! canary follows the payload. The heap asks the system whether an address is readable before it
//! reads there. So an address that is no mapping, or no longer one, ends the program with a
//! message.
//!
//! A mapping that the system does not take back waits until it does, or until it serves a request. A
//! request for which the system has no mapping goes to the arena. From then on, the address decides.
//!
//! This layer takes no lock and keeps nothing else in reserve.

mod block;
mod kept;

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
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use kept::{Kept, LOOKS};

/// Whether large requests get mappings of their own, and the layer that this option puts over those
/// below it.
///
/// Only [`Unmapped`] and [`Mapped`] implement it.
pub trait Large: sealed::Sealed + 'static {
    /// The least size of a large request, in bytes; `None` without mappings.
    const LEAST: Option<usize>;
    /// `L`, with mappings if the option is on.
    #[doc(hidden)]
    type Over<L: Layer>: Layer<Params = L::Params, Base = L::Base>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Unmapped {}
    impl<const LEAST: usize> Sealed for super::Mapped<LEAST> {}
}

/// No mappings: every request goes to the arena.
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

/// The layer that maps requests of `LEAST` bytes or more, and passes all others to `L`.
pub struct Mapping<L, const LEAST: usize> {
    next: L,
    /// Bytes in mappings now.
    mapped: Tally,
    /// Mappings that the system did not take back.
    kept: Kept,
    /// Whether the arena has ever served a large request. Who has such a block has seen this.
    strays: AtomicBool,
    /// What is known of the window without its lock.
    seen: Seen,
}

/// Bytes that lie in the window of the heap below. It never moves and only grows, so this stays true.
struct Seen {
    origin: AtomicUsize,
    /// 0 before the origin is known.
    bytes: AtomicUsize,
}

impl Seen {
    #[expect(clippy::declare_interior_mutable_const, reason = "where each heap's comes from")]
    const NEW: Self = Self { origin: AtomicUsize::new(0), bytes: AtomicUsize::new(0) };

    /// Whether `block` is known to lie in the window.
    #[inline]
    fn covers(&self, block: NonNull<u8>) -> bool {
        // What is read first was written last.
        let bytes = self.bytes.load(Ordering::Acquire);
        block.addr().get().wrapping_sub(self.origin.load(Ordering::Relaxed)) < bytes
    }

    /// Notes what the heap, which is locked, says of its window.
    fn note(&self, origin: usize, bytes: usize) {
        self.origin.store(origin, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Release);
    }
}

impl<L: Layer, const LEAST: usize> Mapping<L, LEAST> {
    /// Whether a block has a mapping of its own. The layout decides; the address decides where no
    /// layout is known, or where the heap must verify it.
    #[inline]
    fn has_mapping(&self, block: NonNull<u8>, layout: Option<Layout>) -> bool {
        if let (Some(layout), false) = (layout, Window::<L::Params>::CHECKSUMMED) {
            let has_strays = || self.strays.load(Ordering::Relaxed);
            if !is_large::<LEAST>(layout) || !has_strays() {
                return is_large::<LEAST>(layout);
            }
        }
        !self.seen.covers(block) && !self.is_in_window(block)
    }

    /// Whether a block lies in the window. A copy of a heap gets its blocks, if any, from the heap that
    /// its configuration names.
    #[cold]
    fn is_in_window(&self, block: NonNull<u8>) -> bool {
        let base = L::Params::base();
        // Of one window alone, whatever the configuration names from call to call.
        let is_own = core::ptr::addr_eq(base, self.base());
        base.chunks(|chunks| {
            if is_own && chunks.is_open() {
                self.seen.note(chunks.base().addr(), chunks.reach());
            }
            chunks.covers(block)
        })
    }

    /// Allocates a large block: in a mapping, which is zero, or where there is none, by
    /// `allocate`. Returns `None` in a heap that is not the static.
    #[cold]
    fn map(
        &self,
        layout: Layout,
        allocate: impl FnOnce(&L, Layout) -> Option<NonNull<u8>>,
    ) -> Option<NonNull<u8>> {
        if GREATEST_ALIGNMENT < layout.align() || !self.base().is_home() {
            return None;
        }
        let map = |bytes| {
            let mapping = self.kept.take(bytes, LOOKS);
            let mapping = mapping.or_else(|| Some((SourceOf::<L>::map(bytes)?, bytes)));
            mapping.or_else(|| self.kept.take(bytes, usize::MAX))
        };
        let Some(block) = Block::map::<L::Params>(layout, map) else {
            let block = allocate(&self.next, layout);
            if block.is_some() {
                self.strays.store(true, Ordering::Relaxed);
            }
            return block;
        };
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
        // SAFETY: the caller guarantees that the block is in use.
        let block = unsafe { Block::at::<L::Params>(block) };
        block.verify::<L::Params>(layout);
        self.mapped.add(block.header.bytes.wrapping_neg());
        block.disown::<L::Params>();
        // SAFETY: by the invariant the mapping belongs to this block, and the caller gives it up.
        unsafe { self.kept.unmap::<SourceOf<L>>(block.base(), block.header.bytes) };
    }

    /// Resizes a mapping and keeps the block's bytes up to the lesser size. Returns `None` and
    /// leaves the block as it was where the system does not move pages.
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
        // SAFETY: the caller guarantees that the block is in use.
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
        // SAFETY: by the invariant the mapping has that size and belongs to this block.
        let base = unsafe { SourceOf::<L>::remap(block.base(), bytes, needed, may_move) }?;
        self.mapped.add(needed.wrapping_sub(bytes));
        // SAFETY: the payload keeps its distance from the base.
        let payload = unsafe { base.byte_add(padding) };
        // SAFETY: the source has moved the mapping, which is this block's, with its padding.
        let block = unsafe { Block::new(payload, Header { bytes: needed, padding }) };
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

// SAFETY: a block lies in a mapping of its own, above the header, or belongs to the layer below.
unsafe impl<L: Layer, const LEAST: usize> Layer for Mapping<L, LEAST> {
    type Params = L::Params;
    type Base = L::Base;
    const NEW: Self = Self {
        next: L::NEW,
        mapped: Tally::NEW,
        kept: Kept::NEW,
        strays: AtomicBool::new(false),
        seen: Seen::NEW,
    };

    #[inline]
    fn base(&self) -> &L::Base {
        self.next.base()
    }

    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if is_large::<LEAST>(layout) {
            self.map(layout, L::allocate)
        } else {
            self.next.allocate(layout)
        }
    }

    #[inline]
    fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        if is_large::<LEAST>(layout) {
            self.map(layout, L::allocate_zeroed)
        } else {
            self.next.allocate_zeroed(layout)
        }
    }

    #[inline]
    unsafe fn free(&self, block: NonNull<u8>, layout: Option<Layout>) {
        if self.has_mapping(block, layout) {
            // SAFETY: the caller guarantees that the block is in use; it has a mapping.
            return unsafe { self.unmap(block, layout) };
        }
        // SAFETY: the caller guarantees that the block is in use; it is the next layer's.
        unsafe { self.next.free(block, layout) };
    }

    #[inline]
    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Option<Layout>,
        wanted: Layout,
    ) -> Option<Resized> {
        match (self.has_mapping(block, layout), is_large::<LEAST>(wanted)) {
            // SAFETY: the caller guarantees that the block is in use; it is the next layer's.
            (false, false) => unsafe { self.next.resize(block, layout, wanted) },
            (true, true) => {
                // SAFETY: the caller guarantees that the block is in use; it has a mapping.
                let moved = unsafe { self.remap(block, layout, wanted) }.map(Resized::InPlace);
                moved.or_else(|| self.allocate(wanted).map(Resized::Elsewhere))
            }
            _ => self.allocate(wanted).map(Resized::Elsewhere),
        }
    }

    #[inline]
    unsafe fn usable_size(&self, block: NonNull<u8>, layout: Option<Layout>) -> usize {
        if self.has_mapping(block, layout) {
            // SAFETY: the caller guarantees that the block is in use; it has a mapping.
            let block = unsafe { Block::at::<L::Params>(block) };
            let room = block.header.bytes - block.header.padding;
            return block.verify::<L::Params>(layout).map_or(room, |layout| layout.size());
        }
        // SAFETY: the caller guarantees that the block is in use; it is the next layer's.
        unsafe { self.next.usable_size(block, layout) }
    }

    fn check(&self) -> Result<(), Corruption> {
        self.next.check()
    }

    fn flush(&self) {
        // SAFETY: it is this heap's source.
        unsafe { self.kept.unmap_all::<SourceOf<L>>() };
        self.next.flush();
    }

    fn figures(&self, stats: &mut Stats) {
        stats.mapped = Some(self.mapped.get());
        self.next.figures(stats);
    }
}
