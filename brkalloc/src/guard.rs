//! Guards: what stands behind each block of a heap with `harden = "full"`, and what a freed block
//! that is kept looks like.
//!
//! ```text
//!   in use   | payload: as many bytes as were asked for | canary ……… | record |
//!   kept     | links, seal | pattern ……………………………………………………………………………… | record |
//!                                                                    '- 8 B -'
//! ```
//!
//! Each block is asked for with room for a record at its end: a [seal](crate::seal) of 34 bits over
//! its place, its size and its alignment, and how many bytes lie behind its payload. What of these
//! has no record is canary. So a write past the end changes one or the other, and what `free` and
//! `realloc` say of a block is compared with what was asked for. The record of a block that a thread
//! or the quarantine keeps is another seal, of 64 bits, and its bytes have the pattern of free
//! memory: both are looked at when the block is handed out again.
//!
//! Blocks in mappings of their own have their records [below](crate::large). This module knows no
//! lock, and not where blocks come from.

use crate::cache::{LINKED, Ways};
use crate::chunk::{Window, first_other};
use crate::config::Config;
use crate::quarantine::Quarantine;
use crate::report;
use crate::seal::seal;
use core::alloc::Layout;
use core::ptr::NonNull;

/// A heap whose blocks have no guards yet. They come and go as pointers to their
/// [whole](crate::chunk::whole) window: guards lie beyond a layout.
///
/// # Safety
///
/// What is granted is aligned and at least as large as its layout says, overlaps no other block in
/// use, and stays until it is released; nothing unwinds.
pub(crate) unsafe trait Bare<C: Config> {
    /// A block, zeros if that is asked for; `None` if there is none, with nothing lost.
    fn grant(&self, layout: Layout, zeroed: bool) -> Option<NonNull<u8>>;

    /// The bytes of the block in use at `block`; what is none ends the program.
    fn extent(&self, block: NonNull<u8>) -> usize;

    /// Whether the block has now what `wanted` asks for, where it stands.
    ///
    /// # Safety
    ///
    /// This heap granted `block`, and it has not been released since.
    unsafe fn adapt(&self, block: NonNull<u8>, wanted: Layout) -> bool;

    /// Takes a block back.
    ///
    /// # Safety
    ///
    /// This heap granted `block` for `layout`, or adapted it to that, and it has not been released
    /// since.
    unsafe fn release(&self, block: NonNull<u8>, layout: Layout);

    /// Keeps a block from being handed out again for a while, if the heap does that, and releases
    /// those that it has kept for long enough.
    ///
    /// # Safety
    ///
    /// As for [`release`](Bare::release); the block is [retired](retire), and `layout` is what its
    /// owner asked for.
    unsafe fn detain(&self, block: NonNull<u8>, layout: Layout);

    /// Releases all that is kept; whether there was anything.
    fn let_go(&self) -> bool;
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
pub(crate) const fn inner<C: Config>(layout: Layout) -> Option<Layout> {
    // What is kept has links, and its record is another word.
    let is_kept = <C::Cache as Ways<C>>::KEEPS.is_some() || C::Quarantine::BYTES != 0;
    let least = if is_kept { LINKED } else { 0 };
    let size = if layout.size() < least { least } else { layout.size() };
    match Layout::from_size_align(size.saturating_add(RECORD), layout.align()) {
        Ok(layout) => Some(layout),
        Err(_) => None,
    }
}

/// A block for `layout`; `None` if there is none, with nothing lost.
pub(crate) fn allocate<C: Config>(
    heap: &impl Bare<C>,
    layout: Layout,
    zeroed: bool,
) -> Option<NonNull<u8>> {
    let asked = inner::<C>(layout)?;
    let grant = || heap.grant(asked, zeroed);
    let block = grant().or_else(|| heap.let_go().then(grant)?)?;
    let extent = heap.extent(block);
    // SAFETY: the block is new, and has so many bytes.
    unsafe { arm(block, extent, layout) };
    Some(block)
}

/// Frees a block, of `layout` if the caller knows it. What is wrong with either ends the program.
///
/// # Safety
///
/// This heap handed `block` out, for `layout`, and it has not been freed since; what a guard can see
/// to be otherwise, it does.
pub(crate) unsafe fn free<C: Config>(
    heap: &impl Bare<C>,
    block: NonNull<u8>,
    layout: Option<Layout>,
) {
    let had = vouch(heap, block, layout);
    let Some(asked) = inner::<C>(had) else { return };
    if C::Quarantine::BYTES == 0 {
        // SAFETY: its guard says that it was granted for this layout.
        return unsafe { heap.release(block, asked) };
    }
    // SAFETY: the caller gives up the block, which has so many bytes.
    unsafe { retire::<C>(block, heap.extent(block)) };
    // SAFETY: likewise.
    unsafe { heap.detain(block, had) };
}

/// The block at another size, with its bytes up to the lesser of both; `None`, with the block as it
/// was, if there is no room.
///
/// # Safety
///
/// As for [`free`].
pub(crate) unsafe fn resize<C: Config>(
    heap: &impl Bare<C>,
    block: NonNull<u8>,
    layout: Option<Layout>,
    wanted: Layout,
) -> Option<NonNull<u8>> {
    let had = vouch(heap, block, layout);
    // SAFETY: the caller vouches for the block, and so does its guard.
    if unsafe { heap.adapt(block, inner::<C>(wanted)?) } {
        let extent = heap.extent(block);
        // SAFETY: the block is the caller's, and has so many bytes now.
        unsafe { arm(block, extent, wanted) };
        return Some(block);
    }
    let served = allocate(heap, wanted, false)?;
    // SAFETY: both have as many bytes, and are two.
    unsafe { served.copy_from_nonoverlapping(block, had.size().min(wanted.size())) };
    // SAFETY: the caller vouches for the block, which nobody needs now.
    unsafe { free(heap, block, Some(had)) };
    Some(served)
}

/// What was asked for when `block` was handed out. What is no block in use, is one of another layout
/// than `said`, or was written past its end, ends the program.
pub(crate) fn vouch<C: Config>(
    heap: &impl Bare<C>,
    block: NonNull<u8>,
    said: Option<Layout>,
) -> Layout {
    let extent = heap.extent(block);
    // SAFETY: a block in use has so many bytes, and a record at their end.
    let record = unsafe { record_of(block, extent).read_unaligned() };
    if record == freed(block, extent) {
        report::fatal_in::<C>(format_args!(
            "free or realloc of memory that is not in use (freed twice?) at {block:p}"
        ));
    }
    let had = layout_in(record, extent).filter(|had| record == own_record(block, extent, *had));
    let Some(had) = had else { overrun::<C>(block) };
    check_canary::<C>(block, had.size(), extent - RECORD);
    compare::<C>(block, said, had);
    had
}

/// Ends the program if one of the bytes of `block` from `size` up to `end` is no canary.
pub(crate) fn check_canary<C: Config>(block: NonNull<u8>, size: usize, end: usize) {
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
pub(crate) unsafe fn retire<C: Config>(block: NonNull<u8>, extent: usize) {
    // SAFETY: the caller vouches for the bytes.
    unsafe { block.write_bytes(Window::<C>::PATTERN, extent - RECORD) };
    // SAFETY: likewise.
    unsafe { record_of(block, extent).write_unaligned(freed(block, extent)) };
}

/// Ends the program if a block of `extent` bytes that was [retired](retire) has been written to
/// since, but for its links, which have a seal of their own.
pub(crate) fn check_retired<C: Config>(block: NonNull<u8>, extent: usize) {
    if let Some(byte) = altered::<C>(block, extent) {
        crate::heap::written_to::<C>(byte);
    }
}

/// The first byte of a block of `extent` bytes that was written to since it was [retired](retire).
pub(crate) fn altered<C: Config>(block: NonNull<u8>, extent: usize) -> Option<*mut u8> {
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
    let sealed = seal(block.addr().get(), [extent as u64, size, align]);
    slack | align << SLACK | sealed << (SLACK + ALIGN)
}

/// The record of a block of `extent` bytes that is kept.
fn freed(block: NonNull<u8>, extent: usize) -> u64 {
    seal(block.addr().get(), [extent as u64])
}

/// Ends the program: what is behind the payload of `block` is not as it was left.
#[cold]
#[inline(never)]
pub(crate) fn overrun<C: Config>(block: NonNull<u8>) -> ! {
    report::fatal_in::<C>(format_args!("a write past the end of the block at {block:p}"))
}

/// Ends the program if `block` was handed out for another layout than `said`.
#[inline]
pub(crate) fn compare<C: Config>(block: NonNull<u8>, said: Option<Layout>, had: Layout) {
    match said {
        Some(said) if said != had => mistaken::<C>(block, said, had),
        _ => {}
    }
}

#[cold]
#[inline(never)]
fn mistaken<C: Config>(block: NonNull<u8>, said: Layout, had: Layout) -> ! {
    report::fatal_in::<C>(format_args!(
        "free or realloc of {} bytes aligned to {} where {} aligned to {} were allocated, at {block:p}",
        said.size(),
        said.align(),
        had.size(),
        had.align()
    ))
}
