//! Guards: what stands behind each block of a heap with `harden = "full"`, and what a freed block
//! that is kept looks like.
//!
//! ```text
//!   in use   | payload: as many bytes as were asked for | canary ……… | record |
//!   kept     | links, seal | pattern ……………………………………………………………………………… | record |
//!                                                                    '- 8 B -'
//! ```
//!
//! Each block is asked for with room for a record at its end: a [seal](crate::diag::checksum) of 34 bits over
//! its place, its size and its alignment, and how many bytes lie behind its payload. What of these
//! has no record is canary. So a write past the end changes one or the other, and what `free` and
//! `realloc` say of a block is compared with what was asked for. The record of a block that a thread
//! or the quarantine keeps is another seal, of 64 bits, and its bytes have the pattern of free
//! memory: both are looked at when the block is handed out again.
//!
//! Blocks in mappings of their own have their records [below](super::mapped). This module takes no
//! lock, and does not know where blocks come from.

use super::cached::object::LINKED;
use super::quarantine::{Quarantine, Queue};
use super::{Base, Layer, Params, Resized};
use crate::arena::check::Corruption;
use crate::arena::chunk::{Window, first_other};
use crate::arena::harden::{Basic, Full, Level, Unchecked};
use crate::arena::stats::Stats;
use crate::diag::checksum::checksum;
use crate::diag::report;
use core::alloc::Layout;
use core::ptr::NonNull;

/// What a heap checks, and the layer that this puts over those below it.
///
/// Implemented by [`Unchecked`], [`Basic`] and [`Full`] alone.
pub trait Hardening: Level {
    /// `L`, with guards if the level has any.
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

/// The layer: guards behind the blocks of `L`.
pub struct Guarding<L>(L);

impl<L: Layer> Guarding<L> {
    /// The bytes of the block in use at `block`; what is none ends the program.
    fn extent(&self, block: NonNull<u8>) -> usize {
        // SAFETY: a heap that seals looks at whatever it is asked about.
        unsafe { self.0.usable_size(block, None) }
    }

    /// Writes the guard of a block that was handed out just now for `layout`.
    fn arm(&self, block: NonNull<u8>, layout: Layout) -> NonNull<u8> {
        // SAFETY: the block is new, and has so many bytes.
        unsafe { arm(block, self.extent(block), layout) };
        block
    }

    /// A block that `from` finds; if it finds none, the same once more without the quarantine.
    fn guarded(
        &self,
        layout: Layout,
        from: impl Fn(Layout) -> Option<NonNull<u8>>,
    ) -> Option<NonNull<u8>> {
        let asked = inner::<L::Params>(layout)?;
        let block = from(asked).or_else(|| self.drain(0).then(|| from(asked))?)?;
        Some(self.arm(block, layout))
    }

    /// What was asked for when `block` was handed out. What is no block in use, is one of another
    /// layout than `said`, or was written past its end, ends the program.
    fn verify(&self, block: NonNull<u8>, said: Option<Layout>) -> Layout {
        let extent = self.extent(block);
        // SAFETY: a block in use has so many bytes, and a record at their end.
        let record = unsafe { record_of(block, extent).read_unaligned() };
        if record == freed(block, extent) {
            report::fatal_in::<L::Params>(format_args!(
                "free or realloc of memory that is not in use (freed twice?) at {block:p}"
            ));
        }
        let had = layout_in(record, extent).filter(|had| record == own_record(block, extent, *had));
        let Some(had) = had else { overrun::<L::Params>(block) };
        check_canary::<L::Params>(block, had.size(), extent - RECORD);
        compare::<L::Params>(block, said, had);
        had
    }

    /// Puts a block into the quarantine, and releases the oldest ones if there are too many.
    ///
    /// # Safety
    ///
    /// The block is [retired](retire), was handed out for `layout`, and is nobody's.
    unsafe fn quarantine(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller vouches for the block, which has room for links and a record.
        let push = |queue: &mut Queue| unsafe { queue.push::<L::Params>(block, layout) };
        if self.0.base().queue(push) != Some(true) {
            // SAFETY: the caller vouches for the block, which the queue did not let in.
            unsafe { self.release(block, layout) };
        }
        self.drain(<L::Params as Params>::Quarantine::BYTES);
    }

    /// Releases the oldest blocks of the quarantine, until no more than `most` bytes are there; whether
    /// there were any.
    fn drain(&self, most: usize) -> bool {
        let oldest = || self.0.base().queue(|queue| queue.pop::<L::Params>(most))?;
        let mut any = false;
        while let Some((block, layout)) = oldest() {
            check_retired::<L::Params>(block, self.extent(block));
            // SAFETY: the block was granted for that layout, and has been the queue's alone.
            unsafe { self.release(block, layout) };
            any = true;
        }
        any
    }

    /// Gives a block to the layer below.
    ///
    /// # Safety
    ///
    /// It was handed out for `layout`, and is nobody's.
    unsafe fn release(&self, block: NonNull<u8>, layout: Layout) {
        if let Some(asked) = inner::<L::Params>(layout) {
            // SAFETY: the layer below handed it out for this layout.
            unsafe { self.0.free(block, Some(asked)) };
        }
    }
}

// SAFETY: blocks are those of the layer below; their owners have all bytes but those behind what
// they asked for.
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
            // SAFETY: its guard says that it was handed out for this layout.
            return unsafe { self.release(block, had) };
        }
        // SAFETY: the caller gives up the block, which has so many bytes.
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
        // SAFETY: the caller vouches for the block, and so does its guard.
        match unsafe { self.0.resize(block, Some(had), inner::<L::Params>(wanted)?) } {
            Some(Resized::InPlace(block)) => Some(Resized::InPlace(self.arm(block, wanted))),
            Some(Resized::Elsewhere(room)) => Some(Resized::Elsewhere(self.arm(room, wanted))),
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

    fn report(&self, stats: &mut Stats) {
        self.0.report(stats);
    }
}

/// Bytes of a record.
const RECORD: usize = size_of::<u64>();

/// Of a record, the bits that say how many bytes lie behind the payload, and those of the alignment.
const SLACK: u32 = 24;
const ALIGN: u32 = 6;

/// What is behind a payload up to the record. Nobody's text, and not what free memory has.
pub(crate) const CANARY: u8 = 0xC9;

/// What the heap below is asked for, for a block of `layout`.
#[inline]
const fn inner<C: Params>(layout: Layout) -> Option<Layout> {
    // What is kept has links, and its record is another word.
    let is_kept = C::KEEPS.is_some() || C::Quarantine::BYTES != 0;
    let least = if is_kept { LINKED } else { 0 };
    let size = if layout.size() < least { least } else { layout.size() };
    match Layout::from_size_align(size.saturating_add(RECORD), layout.align()) {
        Ok(layout) => Some(layout),
        Err(_) => None,
    }
}

/// Ends the program if one of the bytes of `block` from `size` up to `end` is no canary.
pub(crate) fn check_canary<C: Params>(block: NonNull<u8>, size: usize, end: usize) {
    let behind = block.as_ptr().wrapping_add(size);
    // SAFETY: the bytes up to there are the block's, and were written when it was handed out.
    if unsafe { first_other(behind, end - size, CANARY) }.is_some() {
        overrun::<C>(block);
    }
}

/// Writes what stands behind the payload of a block of `extent` bytes, for `layout`.
///
/// # Safety
///
/// The block has so many bytes, as many as [`inner`] asks for, and those behind its payload are
/// nobody's.
unsafe fn arm(block: NonNull<u8>, extent: usize, layout: Layout) {
    let behind = block.as_ptr().wrapping_add(layout.size());
    // SAFETY: the caller vouches for the bytes; a record fits behind what was asked for.
    unsafe { behind.write_bytes(CANARY, extent - RECORD - layout.size()) };
    // SAFETY: likewise.
    unsafe { record_of(block, extent).write_unaligned(own_record(block, extent, layout)) };
}

/// Overwrites a block of `extent` bytes that somebody keeps, as freed memory is.
///
/// # Safety
///
/// The block has so many bytes, at least those of links and a record, and nobody needs what they
/// hold.
pub(crate) unsafe fn retire<C: Params>(block: NonNull<u8>, extent: usize) {
    // SAFETY: the caller vouches for the bytes.
    unsafe { block.write_bytes(Window::<C>::PATTERN, extent - RECORD) };
    // SAFETY: likewise.
    unsafe { record_of(block, extent).write_unaligned(freed(block, extent)) };
}

/// Ends the program if a block of `extent` bytes that was [retired](retire) has been written to
/// since, but for its links, which have a seal of their own.
pub(crate) fn check_retired<C: Params>(block: NonNull<u8>, extent: usize) {
    if let Some(byte) = altered::<C>(block, extent) {
        crate::arena::heap::written_to::<C>(byte);
    }
}

/// The first byte of a block of `extent` bytes that was written to since it was [retired](retire).
pub(crate) fn altered<C: Params>(block: NonNull<u8>, extent: usize) -> Option<*mut u8> {
    let first = block.as_ptr().wrapping_add(LINKED);
    // SAFETY: whoever keeps a block retires it, so that all of its bytes were written.
    let other = unsafe { first_other(first, extent - RECORD - LINKED, Window::<C>::PATTERN) };
    let record = record_of(block, extent);
    // SAFETY: likewise.
    let is_freed = unsafe { record.read_unaligned() } == freed(block, extent);
    other.or((!is_freed).then_some(record.cast()))
}

fn record_of(block: NonNull<u8>, extent: usize) -> *mut u64 {
    block.as_ptr().wrapping_add(extent - RECORD).cast()
}

/// The layout that a record of a block of `extent` bytes names, if it can be one.
#[expect(clippy::cast_possible_truncation, reason = "cut to fewer bits")]
fn layout_in(record: u64, extent: usize) -> Option<Layout> {
    let slack = (record & ((1 << SLACK) - 1)) as usize;
    let align = 1_usize.checked_shl((record >> SLACK) as u32 & ((1 << ALIGN) - 1))?;
    let size = extent.checked_sub(slack.max(RECORD))?;
    Layout::from_size_align(size, align).ok()
}

/// The record of a block of `extent` bytes that was handed out for `layout`.
fn own_record(block: NonNull<u8>, extent: usize, layout: Layout) -> u64 {
    let (size, align) = (layout.size() as u64, u64::from(layout.align().trailing_zeros()));
    // A block has no more bytes to spare than the largest of classes and alignments have.
    let slack = (extent - layout.size()) as u64 & ((1 << SLACK) - 1);
    let checksum = checksum(block.addr().get(), [extent as u64, size, align]);
    slack | align << SLACK | checksum << (SLACK + ALIGN)
}

/// The record of a block of `extent` bytes that is kept.
fn freed(block: NonNull<u8>, extent: usize) -> u64 {
    checksum(block.addr().get(), [extent as u64])
}

/// Ends the program: what is behind the payload of `block` is not as it was left.
#[cold]
#[inline(never)]
pub(crate) fn overrun<C: Params>(block: NonNull<u8>) -> ! {
    report::fatal_in::<C>(format_args!("a write past the end of the block at {block:p}"))
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
    report::fatal_in::<C>(format_args!(
        "free or realloc of {} bytes aligned to {} where {} aligned to {} were allocated, at {block:p}",
        said.size(),
        said.align(),
        had.size(),
        had.align()
    ))
}
