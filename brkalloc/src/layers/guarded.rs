//! Guards of a heap with `harden = "full"`: the bytes behind each block in use, and the contents of
//! a freed block that a cache or the quarantine keeps.
//!
//! ```text
//!   in use   | payload: as many bytes as were asked for | canary ……… | record |
//!   kept     | links, checksum | pattern …………………………………………………………………… | record |
//!                                                                    '- 8 B -'
//! ```
//!
//! This layer requests each block with room for a record at its end. The record holds a
//! [checksum](crate::diag::checksum) of 34 bits over the block's address, size and alignment, and
//! the number of bytes behind the payload. The bytes between payload and record are canary. A write
//! past the end changes one or the other. `free` and `realloc` compare the layout that their caller
//! names with the record. When a thread or the quarantine keeps a block, its record becomes another
//! checksum, of 64 bits, and its bytes hold the pattern of free memory. The heap verifies both
//! before it hands the block out again.
//!
//! Blocks with mappings of their own have their records [below](super::mapped). This module takes
//! no lock, and does not know where blocks come from.

use super::cached::object::LINKED;
use super::quarantine::{Quarantine, Queue};
use super::{Base, Layer, Params, Resized};
use crate::arena::check::Corruption;
use crate::arena::chunk::{Window, first_other};
use crate::arena::harden::{Basic, Full, Level, Unchecked};
use crate::arena::stats::Stats;
use crate::diag::checksum::checksum;
use crate::diag::digits::Digits;
use crate::diag::report;
use core::alloc::Layout;
use core::ptr::NonNull;

/// How much a heap checks, and the layer that this level puts over those below it.
///
/// Only [`Unchecked`], [`Basic`] and [`Full`] implement it.
pub trait Hardening: Level {
    /// `L`, with guards if the level has them.
    #[doc(hidden)]
    type Over<L: Layer>: Layer<Params = L::Params, Base = L::Base>;
}

impl Hardening for Unchecked {
    type Over<L: Layer> = L;
}

impl Hardening for Basic {
    type Over<L: Layer> = L;
}

impl Hardening for Full {
    type Over<L: Layer> = Guarding<L>;
}

/// The layer that guards the blocks of `L`.
pub struct Guarding<L>(L);

impl<L: Layer> Guarding<L> {
    /// Returns the size of the block in use at `block`, in bytes. Ends the program if there is
    /// none.
    fn extent(&self, block: NonNull<u8>) -> usize {
        // SAFETY: a checksummed heap verifies any address it is asked about.
        unsafe { self.0.usable_size(block, None) }
    }

    /// Writes the guard of a block.
    ///
    /// # Safety
    ///
    /// The layer below handed out the block for [`inner`] of `layout`, or resized it to that, and what
    /// lies behind the layout's bytes is nobody's.
    unsafe fn arm(&self, block: NonNull<u8>, layout: Layout) -> NonNull<u8> {
        // SAFETY: the caller guarantees it; the block has so many bytes.
        unsafe { arm(block, self.extent(block), layout) };
        block
    }

    /// Allocates a block by `from` and guards it. If that fails, drains the quarantine and tries
    /// again.
    fn guarded(
        &self,
        layout: Layout,
        from: impl Fn(Layout) -> Option<NonNull<u8>>,
    ) -> Option<NonNull<u8>> {
        let asked = inner::<L::Params>(layout)?;
        let block = from(asked).or_else(|| self.drain(0).then(|| from(asked))?)?;
        // SAFETY: the layer below has just handed out the block for `asked`.
        Some(unsafe { self.arm(block, layout) })
    }

    /// Returns the layout that `block` was handed out for. Ends the program if it is no block in
    /// use, if its layout is not `said`, or if somebody wrote past its end.
    fn verify(&self, block: NonNull<u8>, said: Option<Layout>) -> Layout {
        let extent = self.extent(block);
        // SAFETY: a block in use has `extent` bytes, and a record at their end.
        let record = unsafe { record_of(block, extent).read_unaligned() };
        if record == freed(block, extent) {
            report::fatal_at::<L::Params>(
                "invalid free: memory is not in use (double free?)",
                block.as_ptr(),
            );
        }
        let had = layout_in(record, extent).filter(|had| record == own_record(block, extent, *had));
        let Some(had) = had else { overrun::<L::Params>(block) };
        check_canary::<L::Params>(block, had.size(), extent - RECORD);
        compare::<L::Params>(block, said, had);
        had
    }

    /// Pushes a block onto the quarantine and drains what exceeds its bound.
    ///
    /// # Safety
    ///
    /// The block is [retired](retire), was handed out for `layout`, and belongs to nobody.
    unsafe fn quarantine(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller guarantees the block; it has room for links and a record.
        let push = |queue: &mut Queue| unsafe { queue.push::<L::Params>(block, layout) };
        if self.0.base().queue(push) != Some(true) {
            // SAFETY: the caller guarantees the block; the queue did not take it.
            unsafe { self.release(block, layout) };
        }
        self.drain(<L::Params as Params>::Quarantine::BYTES);
    }

    /// Drains the quarantine, oldest block first, until it holds at most `most` bytes. Returns
    /// whether it released any block.
    fn drain(&self, most: usize) -> bool {
        let oldest = || self.0.base().queue(|queue| queue.pop::<L::Params>(most))?;
        let mut any = false;
        while let Some((block, layout)) = oldest() {
            check_retired::<L::Params>(block, self.extent(block));
            // SAFETY: the block was handed out for that layout, and only the queue has held it
            // since.
            unsafe { self.release(block, layout) };
            any = true;
        }
        any
    }

    /// Frees a block to the layer below.
    ///
    /// # Safety
    ///
    /// The block was handed out for `layout`, and belongs to nobody.
    unsafe fn release(&self, block: NonNull<u8>, layout: Layout) {
        if let Some(asked) = inner::<L::Params>(layout) {
            // SAFETY: the layer below handed it out for this layout.
            unsafe { self.0.free(block, Some(asked)) };
        }
    }
}

// SAFETY: blocks are those of the layer below. An owner has all bytes up to the end of its layout.
unsafe impl<L: Layer> Layer for Guarding<L> {
    type Params = L::Params;
    type Base = L::Base;
    const NEW: Self = Self(L::NEW);

    fn base(&self) -> &L::Base {
        self.0.base()
    }

    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.guarded(layout, |asked| self.0.allocate(asked))
    }

    fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.guarded(layout, |asked| self.0.allocate_zeroed(asked))
    }

    unsafe fn free(&self, block: NonNull<u8>, layout: Option<Layout>) {
        let had = self.verify(block, layout);
        if <L::Params as Params>::Quarantine::BYTES == 0 {
            // SAFETY: its guard says that the block was handed out for this layout.
            return unsafe { self.release(block, had) };
        }
        // SAFETY: the caller gives up the block, which has `extent` bytes.
        unsafe { retire::<L::Params>(block, self.extent(block)) };
        // SAFETY: likewise.
        unsafe { self.quarantine(block, had) };
    }

    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Option<Layout>,
        wanted: Layout,
    ) -> Option<Resized> {
        let had = inner::<L::Params>(self.verify(block, layout))?;
        // SAFETY: the caller guarantees that the block is in use; its guard confirms it.
        match unsafe { self.0.resize(block, Some(had), inner::<L::Params>(wanted)?) } {
            Some(Resized::InPlace(block)) => {
                // SAFETY: the layer below has resized the block to that, and the owner gives up the rest.
                Some(Resized::InPlace(unsafe { self.arm(block, wanted) }))
            }
            Some(Resized::Elsewhere(room)) => {
                // SAFETY: the layer below has just handed out the room for that.
                Some(Resized::Elsewhere(unsafe { self.arm(room, wanted) }))
            }
            None => self.allocate(wanted).map(Resized::Elsewhere),
        }
    }

    unsafe fn usable_size(&self, block: NonNull<u8>, layout: Option<Layout>) -> usize {
        self.verify(block, layout).size()
    }

    fn check(&self) -> Result<(), Corruption> {
        self.0.check()
    }

    fn flush(&self) {
        self.drain(0);
        self.0.flush();
    }

    fn figures(&self, stats: &mut Stats) {
        self.0.figures(stats);
    }
}

/// Bytes of a record.
const RECORD: usize = size_of::<u64>();

/// The bits of a record that hold the number of bytes behind the payload, and those of the
/// alignment.
const SLACK: u32 = 24;
const ALIGN: u32 = 6;

/// The byte between a payload and its record. It is neither likely text nor the pattern of free
/// memory.
pub(crate) const CANARY: u8 = 0xC9;

/// Returns the layout that this layer requests from the heap below, for a block of `layout`.
#[inline]
const fn inner<C: Params>(layout: Layout) -> Option<Layout> {
    // A kept block has links, and another record.
    let is_kept = C::KEEPS.is_some() || C::Quarantine::BYTES != 0;
    let least = if is_kept { LINKED } else { 0 };
    let size = if layout.size() < least { least } else { layout.size() };
    match Layout::from_size_align(size.saturating_add(RECORD), layout.align()) {
        Ok(layout) => Some(layout),
        Err(_) => None,
    }
}

/// Ends the program if a byte of `block` from `size` up to `end` is not canary.
pub(crate) fn check_canary<C: Params>(block: NonNull<u8>, size: usize, end: usize) {
    let behind = block.as_ptr().wrapping_add(size);
    // SAFETY: the block has the bytes up to `end`, and `arm` wrote them when the heap handed it
    // out.
    if unsafe { first_other(behind, end - size, CANARY) }.is_some() {
        overrun::<C>(block);
    }
}

/// Writes canary and record behind the payload of a block of `extent` bytes, for `layout`.
///
/// # Safety
///
/// The block has `extent` bytes, as many as [`inner`] asks for. Those behind its payload belong to
/// nobody.
unsafe fn arm(block: NonNull<u8>, extent: usize, layout: Layout) {
    let behind = block.as_ptr().wrapping_add(layout.size());
    // SAFETY: the caller guarantees the bytes; a record fits behind the payload.
    unsafe { behind.write_bytes(CANARY, extent - RECORD - layout.size()) };
    // SAFETY: likewise.
    unsafe { record_of(block, extent).write_unaligned(own_record(block, extent, layout)) };
}

/// Overwrites a block of `extent` bytes as free memory, for somebody who keeps it.
///
/// # Safety
///
/// The block has `extent` bytes, enough for links and a record. Nobody needs their contents.
pub(crate) unsafe fn retire<C: Params>(block: NonNull<u8>, extent: usize) {
    // SAFETY: the caller guarantees the bytes.
    unsafe { block.write_bytes(Window::<C>::PATTERN, extent - RECORD) };
    // SAFETY: likewise.
    unsafe { record_of(block, extent).write_unaligned(freed(block, extent)) };
}

/// Ends the program if somebody wrote to a [retired](retire) block of `extent` bytes. Ignores its
/// links, which have a checksum of their own.
pub(crate) fn check_retired<C: Params>(block: NonNull<u8>, extent: usize) {
    if let Some(byte) = altered::<C>(block, extent) {
        crate::arena::heap::written_to::<C>(byte);
    }
}

/// Returns the first byte of a [retired](retire) block of `extent` bytes that somebody wrote to.
pub(crate) fn altered<C: Params>(block: NonNull<u8>, extent: usize) -> Option<*mut u8> {
    let first = block.as_ptr().wrapping_add(LINKED);
    // SAFETY: a kept block is retired, so all of its bytes were written.
    let other = unsafe { first_other(first, extent - RECORD - LINKED, Window::<C>::PATTERN) };
    let record = record_of(block, extent);
    // SAFETY: likewise.
    let is_freed = unsafe { record.read_unaligned() } == freed(block, extent);
    other.or((!is_freed).then_some(record.cast()))
}

fn record_of(block: NonNull<u8>, extent: usize) -> *mut u64 {
    block.as_ptr().wrapping_add(extent - RECORD).cast()
}

/// Returns the layout that a record of a block of `extent` bytes names, if one can.
#[expect(clippy::cast_possible_truncation, reason = "cut to fewer bits")]
fn layout_in(record: u64, extent: usize) -> Option<Layout> {
    let slack = (record & ((1 << SLACK) - 1)) as usize;
    let align = 1_usize.checked_shl((record >> SLACK) as u32 & ((1 << ALIGN) - 1))?;
    let size = extent.checked_sub(slack.max(RECORD))?;
    Layout::from_size_align(size, align).ok()
}

/// Returns the record of a block of `extent` bytes in use for `layout`.
fn own_record(block: NonNull<u8>, extent: usize, layout: Layout) -> u64 {
    let (size, align) = (layout.size() as u64, u64::from(layout.align().trailing_zeros()));
    // A block has at most as many spare bytes as the largest class or alignment leaves.
    let slack = (extent - layout.size()) as u64 & ((1 << SLACK) - 1);
    let checksum = checksum(block.addr().get(), [extent as u64, size, align]);
    slack | align << SLACK | checksum << (SLACK + ALIGN)
}

/// Returns the record of a kept block of `extent` bytes.
fn freed(block: NonNull<u8>, extent: usize) -> u64 {
    checksum(block.addr().get(), [extent as u64])
}

/// Ends the program: canary or record of `block` was overwritten.
#[cold]
#[inline(never)]
pub(crate) fn overrun<C: Params>(block: NonNull<u8>) -> ! {
    report::fatal_at::<C>("buffer overflow: write past the end of the block", block.as_ptr())
}

/// Ends the program if `block` was handed out for another layout than `said`.
#[inline]
pub(crate) fn compare<C: Params>(block: NonNull<u8>, said: Option<Layout>, had: Layout) {
    match said {
        Some(said) if said != had => mistaken::<C>(block, said, had),
        _ => {}
    }
}

#[cold]
#[inline(never)]
fn mistaken<C: Params>(block: NonNull<u8>, said: Layout, had: Layout) -> ! {
    let [size, align, had_size, had_align] =
        [said.size(), said.align(), had.size(), had.align()].map(Digits::of);
    report::fatal_in::<C>(&[
        "invalid free: wrong layout, ",
        size.text(),
        " bytes aligned to ",
        align.text(),
        " instead of ",
        had_size.text(),
        " aligned to ",
        had_align.text(),
        ", at ",
        Digits::of_address(block.as_ptr()).text(),
    ])
}
