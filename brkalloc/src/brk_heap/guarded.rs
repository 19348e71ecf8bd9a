//! The ways of a heap whose blocks have [guards](crate::guard).
//!
//! ```text
//!   alloc ─► a mapping, or: cache, chunks ─► guard
//!   free  ─► where the address lies ─► guard ─► quarantine ─► cache, chunks
//! ```
//!
//! What a block is follows from its address alone: its layout is what is to be checked. Nothing of
//! this is in a heap without `harden = "full"`.

use super::BrkHeap;
use crate::cache::Ways;
use crate::config::Config;
use crate::guard::{self, Bare};
use crate::large::{self, is_large};
use crate::quarantine::Quarantine;
use core::alloc::Layout;
use core::ptr::NonNull;

impl<C: Config> BrkHeap<C> {
    /// A block, zeros if that is asked for; `None` if there is none, with nothing lost.
    pub(super) fn allocate_guarded(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        if is_large::<C>(layout.size()) {
            return self.map(layout);
        }
        guard::allocate(self, layout, zeroed)
    }

    /// Frees a block, of `layout` if the caller knows it.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, for `layout`, and it has not been freed since.
    pub(super) unsafe fn free_guarded(&self, block: NonNull<u8>, layout: Option<Layout>) {
        if Self::is_mapped(block) {
            // SAFETY: the caller vouches for the block, which is not in the arena.
            unsafe { large::vouch::<C>(block, layout) };
            // SAFETY: likewise.
            return unsafe { large::free::<C>(&self.large, block) };
        }
        // SAFETY: the caller vouches for the block.
        unsafe { guard::free(self, block, layout) };
    }

    /// The block at another layout; `None`, with the block as it was, if there is no room.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, for `layout` if that is known, and it has not been freed since.
    pub(super) unsafe fn resize_guarded(
        &self,
        block: NonNull<u8>,
        layout: Option<Layout>,
        wanted: Layout,
    ) -> Option<NonNull<u8>> {
        let is_mapped = Self::is_mapped(block);
        if !is_mapped && !is_large::<C>(wanted.size()) {
            // SAFETY: the caller vouches for the block.
            return unsafe { guard::resize(self, block, layout, wanted) };
        }
        let had = if is_mapped {
            // SAFETY: the caller vouches for the block, which is not in the arena.
            unsafe { large::vouch::<C>(block, layout) }
        } else {
            guard::vouch(self, block, layout)
        };
        if is_mapped && is_large::<C>(wanted.size()) {
            // SAFETY: likewise.
            let moved = unsafe { large::resize::<C>(&self.large, block, wanted, wanted.size()) };
            if moved.is_some() {
                return moved;
            }
        }
        let served = self.allocate_guarded(wanted, false)?;
        // SAFETY: both have as many bytes, and are two.
        unsafe { served.copy_from_nonoverlapping(block, had.size().min(wanted.size())) };
        // SAFETY: the caller vouches for the block, which nobody needs now.
        unsafe { self.free_guarded(block, Some(had)) };
        Some(served)
    }

    /// The bytes that were asked for.
    ///
    /// # Safety
    ///
    /// This heap handed `block` out, and it has not been freed since.
    pub(super) unsafe fn size_of_guarded(&self, block: NonNull<u8>) -> usize {
        if Self::is_mapped(block) {
            // SAFETY: the caller vouches for the block, which is not in the arena.
            return unsafe { large::vouch::<C>(block, None) }.size();
        }
        guard::vouch(self, block, None).size()
    }
}

// SAFETY: what the cache and the chunks hand out is as it has to be.
unsafe impl<C: Config> Bare<C> for BrkHeap<C> {
    fn grant(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        if zeroed {
            C::Cache::allocate_zeroed(self, layout)
        } else {
            C::Cache::allocate(self, layout)
        }
    }

    fn extent(&self, block: NonNull<u8>) -> usize {
        // SAFETY: a heap that seals looks at whatever it is asked about.
        unsafe { C::Cache::usable_size(self, block) }
    }

    unsafe fn adapt(&self, block: NonNull<u8>, wanted: Layout) -> bool {
        // SAFETY: the caller vouches for the block.
        unsafe { C::Cache::resize_at(self, block, wanted) }
    }

    unsafe fn release(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller vouches for the block and its layout.
        unsafe { C::Cache::free(self, block, layout) };
    }

    unsafe fn detain(&self, block: NonNull<u8>, layout: Layout) {
        let is_kept = self.shared.with(|shared| {
            let Some(queue) = shared.quarantine.queue() else { return false };
            // SAFETY: the caller vouches for the block, which has room for links and a record.
            unsafe { queue.push::<C>(block, layout) }
        });
        if !is_kept {
            if let Some(asked) = guard::inner::<C>(layout) {
                // SAFETY: the caller vouches for the block, which the queue did not let in.
                unsafe { self.release(block, asked) };
            }
        }
        self.let_out(C::Quarantine::BYTES);
    }

    fn let_go(&self) -> bool {
        self.let_out(0)
    }
}

impl<C: Config> BrkHeap<C> {
    /// Releases the oldest blocks of the quarantine, until no more than `most` bytes are there; whether
    /// there were any.
    fn let_out(&self, most: usize) -> bool {
        let oldest = || {
            self.shared.with(|shared| shared.quarantine.queue().and_then(|it| it.pop::<C>(most)))
        };
        let mut any = false;
        while let Some((block, layout)) = oldest() {
            guard::check_retired::<C>(block, self.extent(block));
            if let Some(asked) = guard::inner::<C>(layout) {
                // SAFETY: the block was granted for that layout, and has been the queue's alone.
                unsafe { self.release(block, asked) };
            }
            any = true;
        }
        any
    }
}
