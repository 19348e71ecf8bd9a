//! Sanitizer annotations: valgrind or `AddressSanitizer` learns what is in use and what is free.
//!
//! With the feature `watch` this layer stands in every heap; without it, in none. A resized block
//! always moves, so that the tool sees the old one freed. Heaps that fill or clear freed memory are
//! not annotated, because they write where the tool would complain.

use crate::arena::check::Corruption;
use crate::arena::chunk::Window;
use crate::arena::stats::Stats;
use crate::diag::sanitizer;
use crate::layers::{Layer, Resized};
use core::alloc::Layout;
use core::ptr::NonNull;

/// `L`, with annotations.
pub(crate) struct Annotating<L>(L);

impl<L: Layer> Annotating<L> {
    const ANNOTATES: bool = Window::<L::Params>::ANNOTATED;

    /// Announces a block that the heap has handed out for `layout`.
    fn hand_out(&self, block: NonNull<u8>, layout: Layout) {
        if Self::ANNOTATES {
            // SAFETY: the block was handed out just now, for this layout.
            let usable = unsafe { self.0.usable_size(block, Some(layout)) };
            sanitizer::handed_out(block, layout.size(), usable);
        }
    }
}

// SAFETY: blocks are those of the layer below.
unsafe impl<L: Layer> Layer for Annotating<L> {
    type Params = L::Params;
    type Base = L::Base;
    const NEW: Self = Self(L::NEW);

    fn base(&self) -> &L::Base {
        self.0.base()
    }

    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let block = self.0.allocate(layout)?;
        self.hand_out(block, layout);
        Some(block)
    }

    fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        if !Self::ANNOTATES {
            return self.0.allocate_zeroed(layout);
        }
        let block = self.allocate(layout)?;
        // SAFETY: the block is new, and has so many bytes.
        unsafe { block.write_bytes(0, layout.size()) };
        Some(block)
    }

    unsafe fn free(&self, block: NonNull<u8>, layout: Option<Layout>) {
        if Self::ANNOTATES {
            let size = layout.map(|layout| layout.size());
            // SAFETY: the caller guarantees that the block is in use.
            let size = size.unwrap_or_else(|| unsafe { self.0.usable_size(block, layout) });
            sanitizer::freed(block, size);
        }
        // SAFETY: the caller guarantees that the block is in use.
        unsafe { self.0.free(block, layout) };
    }

    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Option<Layout>,
        wanted: Layout,
    ) -> Option<Resized> {
        if Self::ANNOTATES {
            return self.allocate(wanted).map(Resized::Elsewhere);
        }
        // SAFETY: the caller guarantees that the block is in use.
        unsafe { self.0.resize(block, layout, wanted) }
    }

    unsafe fn usable_size(&self, block: NonNull<u8>, layout: Option<Layout>) -> usize {
        // SAFETY: the caller guarantees that the block is in use.
        let usable = unsafe { self.0.usable_size(block, layout) };
        if Self::ANNOTATES {
            // Whoever asks may use them.
            sanitizer::allowed(block.as_ptr(), usable);
        }
        usable
    }

    fn check(&self) -> Result<(), Corruption> {
        self.0.check()
    }

    fn flush(&self) {
        self.0.flush();
    }

    fn figures(&self, stats: &mut Stats) {
        self.0.figures(stats);
    }
}
